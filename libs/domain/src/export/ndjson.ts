import type { ExportColumn, ExportRow } from './table.js';

const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

function jsonValue({ type }: ExportColumn, value: string | null): string {
  if (value === null) return 'null';
  if (type === 'integer' || type === 'number') return JSON_NUMBER.test(value) ? value : 'null';
  if (type === 'boolean') return value === 't' || value === 'true' ? 'true' : 'false';
  return JSON.stringify(value);
}

/** One JSON object and a line end. Texts are as they are: what reads JSON runs no formulas. */
export function ndjsonLine(columns: readonly ExportColumn[], row: ExportRow): string {
  let line = '{';
  for (const [i, column] of columns.entries())
    line += `${i === 0 ? '' : ','}${JSON.stringify(column.name)}:${jsonValue(column, row[i] ?? null)}`;
  return `${line}}\n`;
}
