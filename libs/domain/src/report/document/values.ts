import { oneLine, timeText } from '../layout.js';
import type { CellValue, DocumentColumn } from './document.js';

const DECIMALS = 1;

/** A figure as people read it: fixed decimals, and no more than they say. */
export function numberText(value: number, decimals = DECIMALS): string {
  const text = value.toFixed(decimals);
  return /^-0\.?0*$/.test(text) ? text.slice(1) : text;
}

/** A value of a table as people read it; `-` is what nobody knows. */
export function valueText(column: DocumentColumn, value: CellValue): string {
  if (value === null) return '-';
  if (typeof value === 'string') return oneLine(value);
  if (column.kind === 'time') return timeText(value);
  return numberText(value, column.decimals ?? DECIMALS);
}

/** Head of a column, with its unit. */
export const headText = ({ title, unit }: DocumentColumn): string => (unit === undefined ? title : `${title} [${unit}]`);

export const isRight = ({ kind }: DocumentColumn): boolean => kind === 'number';
