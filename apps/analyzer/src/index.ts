export { AnalyzerModule } from './analyzer.module.js';
export { ANALYZER } from './analyzer.service-definition.js';
export { InboxService } from './inbox/inbox.service.js';
export { IngestService } from './ingest/ingest.service.js';
export { UpkeepService } from './upkeep/upkeep.service.js';
export { rederiveCircuits } from './links/rederive-due.js';
export { drainRollups, type Drained, type DrainRequest } from './rollups/rollups.js';
export { SleWriter } from './sle/sle.writer.js';
export { IMPORT_KINDS, isImportKind, type ImportKind } from './imports/kinds.js';
export {
  importFile,
  type ImportError,
  type ImportProgress,
  type ImportRequest,
  type ImportResult,
} from './imports/import-file.js';
export { FactsService } from './facts/facts.service.js';
export { FACT_PARTS, type FactPart } from './facts/parts.js';
