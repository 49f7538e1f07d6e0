import type { ExportColumn, ExportRow } from '@app/domain';
import { timeOf } from '../http/answers.js';

type Value = string | number | boolean | Date | null | undefined;

/** A column of a table whose rows are made here and not in Postgres. */
export interface ValueColumn<T> extends ExportColumn {
  readonly of: (row: T) => Value;
}

function textOf(value: Value): string | null {
  if (value === null || value === undefined) return null;
  return value instanceof Date ? timeOf(value) : String(value);
}

/** Cells of a row, as text. */
export const rowOf = <T>(columns: readonly ValueColumn<T>[], row: T): ExportRow => columns.map(({ of }) => textOf(of(row)));

/** Without what makes the values. */
export const described = <T>(columns: readonly ValueColumn<T>[]): ExportColumn[] =>
  columns.map(({ of: _of, ...column }) => column);
