export { AnalyzerModule } from './analyzer.module.js';
export { ANALYZER } from './analyzer.service-definition.js';
export { IngestService } from './ingest/ingest.service.js';
export { UpkeepService } from './upkeep/upkeep.service.js';
export { SleWriter } from './sle/sle.writer.js';
