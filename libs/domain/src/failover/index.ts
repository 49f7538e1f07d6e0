export * from './failover.js';
export { detectFailovers, type Detection, type DetectionTask } from './detect.js';
export { pathActivity, type CarryingRules } from './carrying.js';
export { failoverFigures, legsOf, type BackupInput, type FailoverFigures } from './figures.js';
