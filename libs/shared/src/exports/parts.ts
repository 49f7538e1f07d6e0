import { UNASSIGNED_REGION } from '@app/domain';
import { byTrust } from '../database/attribute-order.js';
import { integer, number, text } from './column-kinds.js';
import type { SqlColumn, SqlParameters } from './export-table.js';

const trusted = (column: string): string =>
  `(array_agg(t.${column} order by ${byTrust('t.source')}, t.since desc) filter (where t.${column} is not null))[1] as ${column}`;

/** Circuits `c` of rows `row`, with their names now as `n` and their sites `s`. */
export const withCircuit = (row: string, now: string): string => `
  join circuit c on c.org_id = ${row}.org_id and c.id = ${row}.circuit_id
  left join (select t.circuit_id, ${trusted('name')} from circuit_attribute t
    where t.org_id = $1 and t.since <= ${now} and t.until > ${now} group by 1) n on n.circuit_id = c.id
  join site s on s.org_id = ${row}.org_id and s.id = ${row}.site_id`;

/** Region `r` of the site `s` at a time. */
export const withRegionAt = (at: string): string => `
  left join lateral (select ${trusted('region')} from site_attribute t
    where t.org_id = $1 and t.site_id = s.id and t.since <= ${at}) r on true`;
export const REGION_AT = `coalesce(r.region, nullif(s.country_code, ''), '${UNASSIGNED_REGION}')`;

/** Where circuits of rows `h` belonged in their hour: `d`, the stored day that holds it. */
export const withDayOf = ({ from, to }: SqlParameters): string => `
  left join circuit_day d on d.org_id = h.org_id and d.circuit_id = h.circuit_id
    and d.start = date_trunc('day', h.hour, coalesce((select timezone from rollup_state where org_id = $1), 'UTC'))
    and d.start > ${from}::timestamptz - interval '2 days' and d.start < ${to}
    and h.hour >= d.stretch_from and h.hour < d.stretch_to`;

const HOLD = { about: 'Of the time of the row.' };

export const CIRCUIT: readonly SqlColumn[] = [
  text('circuit_id', `c.mac || ':' || c.port_id`, { about: '`mac:port`.' }),
  text('circuit_name', 'coalesce(n.name, c.wan_name)', { about: 'Its name now.' }),
];
export const SITE: readonly SqlColumn[] = [
  text('site_id', 's.external_id', { about: 'Site at the time of the row.' }),
  text('site_name', 's.name', { about: 'Its name now.' }),
];
export const REGION = text('region', REGION_AT, HOLD);
/** Of rows that come with the stored day or period `d`. */
export const DATED: readonly SqlColumn[] = [
  text('region', 'd.region', HOLD),
  text('provider', 'd.provider', HOLD),
  text('store_type', 'd.store_type', HOLD),
];

const UNITS = { latency: 'ms', jitter: 'ms', loss: '%' } as const;
const QUALITIES = ['latency', 'jitter', 'loss'] as const;
const nameOf = (metric: keyof typeof UNITS): string => `${metric}_${UNITS[metric] === '%' ? 'pct' : 'ms'}`;

/** Columns of each quality metric of rows `h`; `average` is SQL, as stored sums and stored averages differ. */
export const quality = (row: string, average: (metric: string) => string): SqlColumn[] =>
  QUALITIES.flatMap((metric) => {
    const unit = UNITS[metric];
    const name = nameOf(metric);
    return [
      number(`${name}_avg`, average(metric), { unit, about: 'Mean of its samples.' }),
      number(`${name}_max`, `${row}.${metric}_max`, { unit, about: 'The highest sample.' }),
      number(`${name}_p95`, `${row}.${metric}_p95`, { unit, about: '95th percentile of its samples.' }),
      integer(`${metric}_samples`, `${row}.${metric}_count`, { about: 'Number of samples.' }),
    ];
  });

/** A text filter. */
export const equals =
  (sql: string) =>
  (value: string): string =>
    `${sql} = ${value}`;
