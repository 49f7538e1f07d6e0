import {
  CIRCUIT_HOURS,
  CIRCUIT_PERIODS,
  EXPORT_FILTERS,
  PATH_HOURS,
  SITE_SLE_DAYS,
  SITE_SLE_HOURS,
  type ExportFilter,
  type ExportTable,
  type SqlTable,
} from '@app/shared';
import { ALERTS, AUDIT, DELIVERIES, FAILOVERS, INCIDENTS } from './tables/events.js';
import { CIRCUIT_COLUMNS, SITE_COLUMNS } from './tables/now.js';
import { OUTAGE_COLUMNS } from './tables/outages.js';
import { OFFENDER_COLUMNS, RANKING_COLUMNS } from './tables/ranked.js';
import { described } from './value-column.js';

/** Tables that one statement reads. */
export const SQL_TABLES: readonly SqlTable[] = [
  CIRCUIT_HOURS,
  ...CIRCUIT_PERIODS,
  PATH_HOURS,
  SITE_SLE_HOURS,
  SITE_SLE_DAYS,
  FAILOVERS,
  ALERTS,
  INCIDENTS,
  DELIVERIES,
  AUDIT,
];

const filtersOf = ({ matches }: SqlTable): ExportFilter[] => EXPORT_FILTERS.filter((filter) => matches[filter] !== undefined);
const NO_ROWS_OF_TIME = { defaultDays: null } as const;

/** Tables whose rows are made here; the services that make them go by these names. */
const MADE = [
  {
    name: 'circuits',
    about: 'One row per circuit as it is now.',
    columns: described(CIRCUIT_COLUMNS),
    filters: EXPORT_FILTERS,
    ...NO_ROWS_OF_TIME,
  },
  {
    name: 'sites',
    about: 'One row per site as it is now.',
    columns: described(SITE_COLUMNS),
    filters: ['site', 'region'],
    ...NO_ROWS_OF_TIME,
  },
  {
    name: 'outages',
    about:
      'One row per outage of a circuit that touches the period, circuit by circuit, oldest first; those of removed sites too.',
    columns: described(OUTAGE_COLUMNS),
    filters: EXPORT_FILTERS,
    defaultDays: 31,
  },
  {
    name: 'rankings',
    about: 'The worst by one figure (`by`, also `of` and `stat` as in `GET /rankings`), at most 1000.',
    columns: described(RANKING_COLUMNS),
    filters: ['site', 'region', 'provider'],
    defaultDays: 7,
  },
  {
    name: 'offenders',
    about: 'What was bad on at least three days by one figure (`by`, also `of` as in `GET /offenders`), at most 1000.',
    columns: described(OFFENDER_COLUMNS),
    filters: ['site', 'region', 'provider'],
    defaultDays: 7,
  },
] as const satisfies readonly ExportTable[];
export type MadeTable = (typeof MADE)[number]['name'];

/** Every table that can be exported. */
export const EXPORT_TABLES: readonly ExportTable[] = [
  ...MADE.slice(0, 2),
  ...SQL_TABLES.map((table): ExportTable => ({
    name: table.name,
    about: table.about,
    columns: table.columns.map(({ sql: _sql, ...column }) => column),
    filters: filtersOf(table),
    defaultDays: table.defaultDays,
    ...(table.role === undefined ? {} : { role: table.role }),
  })),
  ...MADE.slice(2),
];

/** A table by its name. */
export const exportTable = (name: string): ExportTable | null => EXPORT_TABLES.find((table) => table.name === name) ?? null;
