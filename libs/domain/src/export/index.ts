export type { ColumnType, ExportColumn, ExportRow } from './table.js';
export { neutralCsvText, neutralText } from './neutral.js';
export { BYTE_ORDER_MARK, csvHead, csvLine } from './csv.js';
export { ndjsonLine } from './ndjson.js';
export { sheetRow, type SheetValue } from './spreadsheet.js';
