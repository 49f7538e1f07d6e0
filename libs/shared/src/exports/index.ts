export * as exportColumns from './column-kinds.js';
export * as exportParts from './parts.js';
export {
  EXPORT_FILTERS,
  type ExportFilter,
  type ExportTable,
  type SqlColumn,
  type SqlParameters,
  type SqlTable,
} from './export-table.js';
export { exportQuery, type AskedExport } from './sql-source.js';
export { CIRCUIT_HOURS, PATH_HOURS, SITE_SLE_DAYS, SITE_SLE_HOURS } from './hours.js';
export { CIRCUIT_PERIODS } from './rollups.js';
