import { HOUR_MS, UNKNOWN_BANDWIDTH, utilizationOf, type Bandwidth, type QualityHour } from '@app/domain';
import { ensurePartitions, type Queryable } from '@app/shared';
import { bandwidthsOf } from '../facts/bandwidth.repository.js';
import { HOUR_COLUMNS, parseHour, type HourRow } from './hour-row.js';
import { lastOfKey, type KindDefinition } from './kind.js';
import { PLACE_COLUMNS, placed, type Placed } from './places.js';

type DerivedHour = Placed<HourRow> & { readonly bandwidth: Bandwidth; readonly utilizationPct: number | null };
type SqlType = 'int' | 'bigint' | 'float8' | 'text' | 'bool';
type Column = readonly [name: string, type: SqlType, of: (row: DerivedHour) => number | string | boolean | null];

const quality = (name: 'latency' | 'jitter' | 'loss'): Column[] =>
  (['count', 'avg', 'max', 'p95'] as const satisfies readonly (keyof QualityHour)[]).map(
    (part) => [`${name}_${part}`, part === 'count' ? 'int' : 'float8', (row) => row[name][part]] as const,
  );

/** What an import says of an hour; peaks inside the hour and counter resets are nothing it can know. */
const COLUMNS: readonly Column[] = [
  ['site_id', 'int', (row) => row.siteKey],
  ['rx_bytes', 'bigint', (row) => row.rxBytes],
  ['tx_bytes', 'bigint', (row) => row.txBytes],
  ['covered_ms', 'int', (row) => row.coveredMs],
  ['peak_rx_bps', 'float8', () => null],
  ['peak_tx_bps', 'float8', () => null],
  ['utilization_pct', 'float8', (row) => row.utilizationPct],
  ['peak_utilization_pct', 'float8', () => null],
  ['bandwidth_down_mbps', 'float8', (row) => row.bandwidth.downMbps],
  ['bandwidth_up_mbps', 'float8', (row) => row.bandwidth.upMbps],
  ['bandwidth_source', 'text', (row) => row.bandwidth.source],
  ['up_ms', 'int', (row) => row.upMs],
  ['down_ms', 'int', (row) => row.downMs],
  ['flaps', 'int', (row) => row.flaps],
  ...quality('latency'),
  ...quality('jitter'),
  ...quality('loss'),
  ['counter_reset', 'bool', () => false],
];

const NAMES = COLUMNS.map(([name]) => name);
const listOf = (table: string): string => NAMES.map((name) => `${table}.${name}`).join(', ');

/**
 * A later import of an hour replaces an earlier one. Against an hour computed from samples the one that covers more seconds stays, and the
 * imported one where both cover the same: so the order in which files and samples arrive changes nothing.
 */
const UPSERT = `
  insert into circuit_hour (org_id, source, circuit_id, hour, ${NAMES.join(', ')})
  select $1, 'imported', u.circuit, to_timestamp(u.at / 1000), ${listOf('u')}
  from unnest($2::int[], $3::float8[], ${COLUMNS.map(([, type], index) => `$${String(index + 4)}::${type}[]`).join(', ')})
    as u (circuit, at, ${NAMES.join(', ')})
  order by u.circuit, u.at
  on conflict (org_id, circuit_id, hour) do update set source = excluded.source, ${NAMES.map((name) => `${name} = excluded.${name}`).join(', ')}
  where (circuit_hour.source = 'imported' or excluded.covered_ms >= circuit_hour.covered_ms)
    and (circuit_hour.source, ${listOf('circuit_hour')}) is distinct from (excluded.source, ${listOf('excluded')})`;

async function storeHours(db: Queryable, orgId: number, rows: readonly DerivedHour[]): Promise<number> {
  const [stored] = await db.query<{ count: number }>(`with stored as (${UPSERT} returning 1) select count(*)::int as count from stored`, [
    orgId,
    rows.map(({ circuitId }) => circuitId),
    rows.map(({ hour }) => hour),
    ...COLUMNS.map(([, , of]) => rows.map(of)),
  ]);
  return stored?.count ?? 0;
}

/** The hours a circuit was observed in grow; whether it is live is none of an import's business. */
async function noteObserved(db: Queryable, orgId: number, rows: readonly DerivedHour[]): Promise<void> {
  await db.query(
    `update circuit c set first_observed_at = least(c.first_observed_at, s.first), last_observed_at = greatest(c.last_observed_at, s.last),
       last_imported_at = greatest(c.last_imported_at, s.last)
     from (select u.circuit, to_timestamp(min(u.at) / 1000) as first, to_timestamp(max(u.at) / 1000) as last
           from unnest($2::int[], $3::float8[]) as u (circuit, at) group by u.circuit) s
     where c.org_id = $1 and c.id = s.circuit
       and (c.first_observed_at is null or c.last_observed_at is null or c.last_imported_at is null
         or c.first_observed_at > s.first or c.last_observed_at < s.last or c.last_imported_at < s.last)`,
    [orgId, rows.map(({ circuitId }) => circuitId), rows.map(({ hour }) => hour)],
  );
}

const lockCircuits = (db: Queryable, orgId: number, ids: readonly number[]): Promise<unknown> =>
  db.query('select 1 from circuit where org_id = $1 and id = any($2) order by id for update', [orgId, ids]);

export const CIRCUIT_HOURS: KindDefinition<HourRow> = {
  columns: HOUR_COLUMNS,
  required: ['hour', ...PLACE_COLUMNS],
  parse: parseHour,
  timeOf: ({ hour }) => hour,
  prepare: ({ database }, rows) =>
    ensurePartitions(
      database,
      'circuit_hour',
      rows.map(({ hour }) => hour),
    ),
  store: async (tx, context, rows) => {
    const orgId = context.org.id;
    const hours = lastOfKey(await placed(tx, context, rows), ({ circuitId, hour }) => `${String(circuitId)} ${String(hour / HOUR_MS)}`);
    const ids = [...new Set(hours.map(({ circuitId }) => circuitId))];
    await lockCircuits(tx, orgId, ids);
    const bandwidths = await bandwidthsOf(tx, orgId, ids);
    const derived = hours.map((row) => {
      const bandwidth = bandwidths.get(row.circuitId)?.(row.hour) ?? UNKNOWN_BANDWIDTH;
      return { ...row, bandwidth, utilizationPct: utilizationOf(row, bandwidth) };
    });
    await noteObserved(tx, orgId, derived);
    return storeHours(tx, orgId, derived);
  },
};
