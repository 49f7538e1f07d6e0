import type { ExportColumn } from '@app/domain';
import type { SqlColumn } from './export-table.js';

const PLAIN = { about: '' };
type Rest = Partial<Pick<ExportColumn, 'unit'>> & { readonly about: string };

const column =
  (type: ExportColumn['type'], wrap: (sql: string) => string = (sql) => sql) =>
  (name: string, sql: string, rest: Rest = PLAIN): SqlColumn => ({ name, type, sql: wrap(sql), ...rest });

const format = (pattern: string) => (sql: string) =>
  `case when isfinite(${sql}) then to_char(${sql} at time zone 'UTC', '${pattern}') end`;

export const text = column('text');
export const integer = column('integer');
export const number = column('number');
export const boolean = column('boolean');
/** The beginning of an hour, a day or a month. */
export const bucket = column('time', format('YYYY-MM-DD"T"HH24:MI:SS"Z"'));
/** An instant, to the millisecond. */
export const instant = column('time', format('YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'));
/** Milliseconds, told in minutes. */
export const minutes = column('number', (sql) => `round(${sql}::numeric / 60000, 4)`);
