import type { ExportColumn } from '@app/domain';
import type { ApiRole } from '@app/shared';

/** What a table can be narrowed to. Sites and circuits by key. */
export const EXPORT_FILTERS = ['site', 'circuit', 'region', 'provider'] as const;
export type ExportFilter = (typeof EXPORT_FILTERS)[number];

/** What every exported table says of itself; its documentation is made from this. */
export interface ExportTable {
  readonly name: string;
  readonly about: string;
  readonly columns: readonly ExportColumn[];
  /** Days before the running hour that are exported when nobody names a period; `null` = the table is not about a time. */
  readonly defaultDays: number | null;
  readonly filters: readonly ExportFilter[];
  /** Least role; without it `viewer`. */
  readonly role?: ApiRole;
}

/** A column and the SQL that makes it. */
export interface SqlColumn extends ExportColumn {
  readonly sql: string;
}

/** Numbers of the parameters that a table may use. `$1` is always the org. */
export interface SqlParameters {
  readonly now: string;
  readonly from: string;
  readonly to: string;
}

/** A table that one statement reads. */
export interface SqlTable extends Omit<ExportTable, 'filters' | 'columns'> {
  readonly columns: readonly SqlColumn[];
  /** Tables and joins. */
  readonly source: (given: SqlParameters) => string;
  /** Rows of the org and the period; other conditions are added. */
  readonly where: (given: SqlParameters) => string;
  readonly order: string;
  /** SQL that is compared with the value of a filter. */
  readonly matches: Partial<Readonly<Record<ExportFilter, (value: string) => string>>>;
}

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
