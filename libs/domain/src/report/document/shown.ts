import type { TableBlock } from './document.js';

/** Rows of one table for people: more take seconds to draw and pages that nobody turns. */
export const MOST_SHOWN = 500;

/** A table as HTML and PDF show it: its first rows, and where all are. */
export function shownTable(table: TableBlock): TableBlock {
  const { rows, note } = table;
  if (rows.length <= MOST_SHOWN) return table;
  const cut = `The first ${String(MOST_SHOWN)} of ${String(rows.length)}; CSV, XLSX and JSON have all.`;
  return { ...table, rows: rows.slice(0, MOST_SHOWN), note: note === undefined ? cut : `${cut} ${note}` };
}
