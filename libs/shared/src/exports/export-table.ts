import type { ExportColumn } from '@app/domain';
import type { ApiRole } from '../database/api-keys.repository.js';

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
