import type { EpochMs, PortSample } from '@app/domain';
import type { Queryable } from '@app/shared';
import type { FactsInput } from './facts.types.js';
import { instant } from './sql-time.js';

type PortRow = FactsInput['portSamples'][number];
type PathRow = FactsInput['pathSamples'][number];

const rank = (value: number | boolean | null): number => (value === null ? -1 : Number(value));

/** Everything that decides between two samples of one instant: later received, more received bytes, then the rest in a fixed order. */
const ranksOf = (s: PortSample): number[] =>
  [
    s.receivedAt,
    s.rxBytes,
    s.txBytes,
    s.uptimeS,
    s.up,
    s.speedMbps,
    s.lastFlappedAt,
    s.latencyMs,
    s.jitterMs,
    s.lossPct,
    s.counterBits,
    s.active,
    s.disabled,
  ].map(rank);

function isPreferred(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

/** One row per key; of several the preferred one. */
export function preferredRows<T>(rows: readonly T[], keyOf: (row: T) => string, rankOf: (row: T) => readonly number[]): T[] {
  const byKey = new Map<string, T>();
  for (const row of rows) {
    const key = keyOf(row);
    const other = byKey.get(key);
    if (other === undefined || isPreferred(rankOf(row), rankOf(other))) byKey.set(key, row);
  }
  return [...byKey.values()];
}

const PORT_VALUES = [
  'rx_bytes',
  'tx_bytes',
  'uptime_s',
  'up',
  'speed_mbps',
  'last_flapped_at',
  'latency_ms',
  'jitter_ms',
  'loss_pct',
  'counter_bits',
  'active',
  'disabled',
];

const rankSql = (table: string, column: string): string => {
  if (['up', 'active', 'disabled'].includes(column)) return `coalesce(${table}.${column}::int, -1)`;
  return column === 'last_flapped_at' ? `coalesce(${table}.${column}, '-infinity')` : `coalesce(${table}.${column}, -1)`;
};
const preference = (table: string, columns: readonly string[]): string =>
  `(${[`${table}.received_at`, ...columns.map((column) => rankSql(table, column))].join(', ')})`;
const assignments = (columns: readonly string[]): string => columns.map((column) => `${column} = excluded.${column}`).join(', ');

const INSERT_PORT_SAMPLES = `
  insert into port_sample (org_id, batch_id, circuit_id, at, received_at, rx_bytes, tx_bytes, uptime_s, last_flapped_at, latency_ms, jitter_ms, loss_pct,
    speed_mbps, counter_bits, up, active, disabled)
  select $1, $2, u.circuit, ${instant('u.at')}, ${instant('u.received')}, u.rx, u.tx, u.uptime, ${instant('u.flapped')}, u.latency, u.jitter, u.loss,
    u.speed, u.bits, u.up, u.active, u.disabled
  from unnest($3::int[], $4::float8[], $5::float8[], $6::bigint[], $7::bigint[], $8::bigint[], $9::float8[], $10::float8[], $11::float8[], $12::float8[],
    $13::float8[], $14::smallint[], $15::bool[], $16::bool[], $17::bool[])
    as u (circuit, at, received, rx, tx, uptime, flapped, latency, jitter, loss, speed, bits, up, active, disabled)
  on conflict (org_id, circuit_id, at) do update set batch_id = excluded.batch_id, received_at = excluded.received_at, ${assignments(PORT_VALUES)}
  where ${preference('excluded', PORT_VALUES)} > ${preference('port_sample', PORT_VALUES)}`;

/** Stores samples; repeats change nothing. Returns how many rows were new or replaced another. */
export async function storePortSamples(
  db: Queryable,
  orgId: number,
  batchId: number,
  samples: readonly PortRow[],
): Promise<number> {
  if (samples.length === 0) return 0;
  const rows = preferredRows(
    samples,
    ({ circuitId, sample }) => `${circuitId}|${sample.at}`,
    ({ sample }) => ranksOf(sample),
  );
  const column = <V>(pick: (sample: PortSample) => V): V[] => rows.map(({ sample }) => pick(sample));
  const stored = await db.query<{ count: number }>(
    `with stored as (${INSERT_PORT_SAMPLES} returning 1) select count(*)::int as count from stored`,
    [
      orgId,
      batchId,
      rows.map(({ circuitId }) => circuitId),
      column((s) => s.at),
      column((s) => s.receivedAt),
      column((s) => s.rxBytes),
      column((s) => s.txBytes),
      column((s) => s.uptimeS),
      column((s) => s.lastFlappedAt),
      column((s) => s.latencyMs),
      column((s) => s.jitterMs),
      column((s) => s.lossPct),
      column((s) => s.speedMbps),
      column((s) => s.counterBits),
      column((s) => s.up),
      column((s) => s.active),
      column((s) => s.disabled),
    ],
  );
  return stored[0]?.count ?? 0;
}

/** Stores events. Returns how many were new. */
export async function storePortEvents(db: Queryable, orgId: number, events: FactsInput['portEvents']): Promise<number> {
  if (events.length === 0) return 0;
  const stored = await db.query<{ count: number }>(
    `with stored as (
       insert into port_event (org_id, circuit_id, at, state, received_at)
       select distinct on (u.circuit, u.at, u.state) $1::int, u.circuit, ${instant('u.at')}, u.state, ${instant('u.received')}
       from unnest($2::int[], $3::float8[], $4::text[], $5::float8[]) as u (circuit, at, state, received)
       order by u.circuit, u.at, u.state, u.received
       on conflict do nothing returning 1)
     select count(*)::int as count from stored`,
    [
      orgId,
      events.map((e) => e.circuitId),
      events.map((e) => e.event.at),
      events.map((e) => e.event.state),
      events.map((e) => e.receivedAt),
    ],
  );
  return stored[0]?.count ?? 0;
}

const PATH_VALUES = ['latency_ms', 'jitter_ms', 'loss_pct', 'mos', 'mtu', 'up', 'active'];
const pathRanks = ({ receivedAt, sample: s }: PathRow): number[] =>
  [receivedAt, s.latencyMs, s.jitterMs, s.lossPct, s.mos, s.mtu, s.up, s.active].map(rank);

export async function storePathSamples(db: Queryable, orgId: number, samples: readonly PathRow[]): Promise<void> {
  if (samples.length === 0) return;
  const rows = preferredRows(samples, (row) => `${row.deviceId}|${row.sample.at}|${row.sample.peer}|${row.portName}`, pathRanks);
  const column = <V>(pick: (row: PathRow) => V): V[] => rows.map(pick);
  await db.query(
    `insert into path_sample (org_id, device_id, port_name, peer, at, received_at, ${PATH_VALUES.join(', ')})
     select $1, u.device, u.port, u.peer, ${instant('u.at')}, ${instant('u.received')}, u.latency, u.jitter, u.loss, u.mos, u.mtu, u.up, u.active
     from unnest($2::int[], $3::text[], $4::text[], $5::float8[], $6::float8[], $7::float8[], $8::float8[], $9::float8[], $10::float8[], $11::int[], $12::bool[], $13::bool[])
       as u (device, port, peer, at, received, latency, jitter, loss, mos, mtu, up, active)
     on conflict (org_id, device_id, port_name, at, peer) do update set received_at = excluded.received_at, ${assignments(PATH_VALUES)}
     where ${preference('excluded', PATH_VALUES)} > ${preference('path_sample', PATH_VALUES)}`,
    [
      orgId,
      column((row) => row.deviceId),
      column((row) => row.portName),
      column((row) => row.sample.peer),
      column((row) => row.sample.at),
      column((row) => row.receivedAt),
      column((row) => row.sample.latencyMs),
      column((row) => row.sample.jitterMs),
      column((row) => row.sample.lossPct),
      column((row) => row.sample.mos),
      column((row) => (row.sample.mtu === null ? null : Math.round(row.sample.mtu))),
      column((row) => row.sample.up),
      column((row) => row.sample.active),
    ],
  );
}

export async function storeReads(db: Queryable, orgId: number, reads: readonly EpochMs[]): Promise<void> {
  if (reads.length === 0) return;
  await db.query(
    `insert into feed_read (org_id, at) select $1, ${instant('u.at')} from unnest($2::float8[]) as u (at) on conflict do nothing`,
    [orgId, reads],
  );
}

export async function storeDeviceStates(db: Queryable, orgId: number, states: FactsInput['deviceStates']): Promise<void> {
  if (states.length === 0) return;
  await db.query(
    `insert into device_state (org_id, device_id, at, connected) select $1, u.device, ${instant('u.at')}, u.connected
     from unnest($2::int[], $3::float8[], $4::bool[]) as u (device, at, connected) on conflict do nothing`,
    [orgId, states.map((s) => s.deviceId), states.map((s) => s.at), states.map((s) => s.connected)],
  );
}
