export { writeFactDay, type FactDay, type FactFile, type FactManifest } from './fact-day.js';
export { exportFactDays, keptSince, writingFactsAlone, type FactExport } from './fact-days.js';
