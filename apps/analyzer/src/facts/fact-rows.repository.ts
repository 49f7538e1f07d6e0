import type { HourFact, QualityHour } from '@app/domain';
import { markingCte, type Queryable } from '@app/shared';
import type { HourSketches } from './hour-sketches.js';
import { instant } from './sql-time.js';

export interface FactRow {
  readonly circuitId: number;
  readonly siteId: number;
  readonly fact: HourFact;
  /** Of hours computed from samples: what their quality is made of. */
  readonly sketches?: HourSketches | null;
}

type SqlType = 'int' | 'bigint' | 'float8' | 'text' | 'bool';
interface Column {
  readonly name: string;
  readonly type: SqlType;
  readonly of: (fact: HourFact) => number | string | boolean | null;
}

const quality = (name: 'latency' | 'jitter' | 'loss'): Column[] => {
  const column = (suffix: keyof QualityHour, type: SqlType): Column => ({
    name: `${name}_${suffix}`,
    type,
    of: (fact) => fact[name][suffix],
  });
  return [column('count', 'int'), column('avg', 'float8'), column('max', 'float8'), column('p95', 'float8')];
};

/** Columns of `circuit_hour` besides its key and site, and where their values come from. */
const COLUMNS: readonly Column[] = [
  { name: 'rx_bytes', type: 'bigint', of: (fact) => fact.rxBytes },
  { name: 'tx_bytes', type: 'bigint', of: (fact) => fact.txBytes },
  { name: 'covered_ms', type: 'int', of: (fact) => fact.coveredMs },
  { name: 'peak_rx_bps', type: 'float8', of: (fact) => fact.peakRxBps },
  { name: 'peak_tx_bps', type: 'float8', of: (fact) => fact.peakTxBps },
  { name: 'utilization_pct', type: 'float8', of: (fact) => fact.utilizationPct },
  { name: 'peak_utilization_pct', type: 'float8', of: (fact) => fact.peakUtilizationPct },
  { name: 'bandwidth_down_mbps', type: 'float8', of: (fact) => fact.bandwidth.downMbps },
  { name: 'bandwidth_up_mbps', type: 'float8', of: (fact) => fact.bandwidth.upMbps },
  { name: 'bandwidth_source', type: 'text', of: (fact) => fact.bandwidth.source },
  { name: 'up_ms', type: 'int', of: (fact) => fact.upMs },
  { name: 'down_ms', type: 'int', of: (fact) => fact.downMs },
  { name: 'flaps', type: 'int', of: (fact) => fact.flaps },
  ...quality('latency'),
  ...quality('jitter'),
  ...quality('loss'),
  { name: 'counter_reset', type: 'bool', of: (fact) => fact.counterReset },
];

const names = COLUMNS.map(({ name }) => name);
/** First values: org, source, circuits, hours, sites. */
const FIRST_COLUMN = 6;

/** The sketches of an hour go with its fact: those of its samples, none when another system told the hour. */
const withSketches = (first: number): string => `,
  sketched as (
    insert into hour_sketch (org_id, circuit_id, hour, latency, jitter, loss)
    select stored.org_id, stored.circuit_id, stored.hour, s.latency, s.jitter, s.loss
    from unnest($${first}::int[], $${first + 1}::float8[], $${first + 2}::bytea[], $${first + 3}::bytea[], $${first + 4}::bytea[])
      as s (circuit, at, latency, jitter, loss)
    join stored on stored.circuit_id = s.circuit and stored.hour = ${instant('s.at')}
    on conflict (org_id, circuit_id, hour) do update set latency = excluded.latency, jitter = excluded.jitter, loss = excluded.loss),
  unsketched as (
    -- Constant bounds let the planner leave out the days that cannot matter.
    delete from hour_sketch k using stored where k.org_id = stored.org_id and k.circuit_id = stored.circuit_id and k.hour = stored.hour
      and k.org_id = $1 and k.hour between ${instant(`$${first + 5}::float8`)} and ${instant(`$${first + 6}::float8`)}
      and not exists (select from unnest($${first}::int[], $${first + 1}::float8[]) as s (circuit, at)
        where s.circuit = stored.circuit_id and ${instant('s.at')} = stored.hour))`;

const upsertSql = (where: string): string => `
  with stored as (
    insert into circuit_hour (org_id, source, circuit_id, hour, site_id, ${names.join(', ')})
    select $1, $2, u.circuit, ${instant('u.at')}, u.site, ${names.map((name) => `u.${name}`).join(', ')}
    from unnest($3::int[], $4::float8[], $5::int[], ${COLUMNS.map(({ type }, i) => `$${i + FIRST_COLUMN}::${type}[]`).join(', ')})
      as u (circuit, at, site, ${names.join(', ')})
    on conflict (org_id, circuit_id, hour) do update set source = excluded.source, ${names.map((name) => `${name} = excluded.${name}`).join(', ')}
    where ${where} returning org_id, circuit_id, hour),
  ${markingCte('stored')}${withSketches(FIRST_COLUMN + COLUMNS.length)}
  select count(*)::int as count from stored`;

const list = (table: string): string => `(${names.map((name) => `${table}.${name}`).join(', ')})`;
const DIFFERS = `(circuit_hour.source, ${list('circuit_hour').slice(1)} is distinct from (excluded.source, ${list('excluded').slice(1)}`;
/** An imported hour gives way to samples only when they cover more of it. */
const FROM_SAMPLES = upsertSql(
  `(circuit_hour.source = 'samples' or excluded.covered_ms > circuit_hour.covered_ms) and ${DIFFERS}`,
);
const FROM_IMPORT = upsertSql(
  `(circuit_hour.source = 'imported' or excluded.covered_ms >= circuit_hour.covered_ms) and ${DIFFERS}`,
);

/** Stores facts and what goes with them: their sketches, and marks for the rollups. Returns how many rows are new or different. */
export async function storeFacts(
  db: Queryable,
  orgId: number,
  source: 'samples' | 'imported',
  rows: readonly FactRow[],
): Promise<number> {
  if (rows.length === 0) return 0;
  const sketched = rows.flatMap(({ circuitId, fact: { hour }, sketches = null }) =>
    sketches === null ? [] : [{ circuitId, hour, sketches }],
  );
  const stored = await db.query<{ count: number }>(source === 'samples' ? FROM_SAMPLES : FROM_IMPORT, [
    orgId,
    source,
    rows.map((row) => row.circuitId),
    rows.map((row) => row.fact.hour),
    rows.map((row) => row.siteId),
    ...COLUMNS.map(({ of }) => rows.map((row) => of(row.fact))),
    sketched.map((row) => row.circuitId),
    sketched.map((row) => row.hour),
    ...(['latency', 'jitter', 'loss'] as const).map((metric) => sketched.map(({ sketches }) => sketches[metric])),
    rows.reduce((first, { fact }) => Math.min(first, fact.hour), Infinity),
    rows.reduce((last, { fact }) => Math.max(last, fact.hour), -Infinity),
  ]);
  return stored[0]?.count ?? 0;
}
