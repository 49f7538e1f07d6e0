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
/** Whence a fact: our samples, an import, or Mist's own hourly series. */
export type FactSource = 'samples' | 'imported' | 'mist';
/** Columns that are taken from one source together: bytes and what follows from them, what states tell, each figure of quality. */
type Part = 'traffic' | 'state' | 'latency' | 'jitter' | 'loss';

interface Column {
  readonly name: string;
  readonly part: Part;
  readonly type: SqlType;
  readonly of: (fact: HourFact) => number | string | boolean | null;
}

const quality = (name: 'latency' | 'jitter' | 'loss'): Column[] => {
  const column = (suffix: keyof QualityHour, type: SqlType): Column => ({
    name: `${name}_${suffix}`,
    part: name,
    type,
    of: (fact) => fact[name][suffix],
  });
  return [column('count', 'int'), column('avg', 'float8'), column('max', 'float8'), column('p95', 'float8')];
};

/** Columns of `circuit_hour` besides its key and site, and where their values come from. */
const COLUMNS: readonly Column[] = [
  { name: 'rx_bytes', part: 'traffic', type: 'bigint', of: (fact) => fact.rxBytes },
  { name: 'tx_bytes', part: 'traffic', type: 'bigint', of: (fact) => fact.txBytes },
  { name: 'covered_ms', part: 'traffic', type: 'int', of: (fact) => fact.coveredMs },
  { name: 'peak_rx_bps', part: 'traffic', type: 'float8', of: (fact) => fact.peakRxBps },
  { name: 'peak_tx_bps', part: 'traffic', type: 'float8', of: (fact) => fact.peakTxBps },
  { name: 'utilization_pct', part: 'traffic', type: 'float8', of: (fact) => fact.utilizationPct },
  { name: 'peak_utilization_pct', part: 'traffic', type: 'float8', of: (fact) => fact.peakUtilizationPct },
  { name: 'bandwidth_down_mbps', part: 'traffic', type: 'float8', of: (fact) => fact.bandwidth.downMbps },
  { name: 'bandwidth_up_mbps', part: 'traffic', type: 'float8', of: (fact) => fact.bandwidth.upMbps },
  { name: 'bandwidth_source', part: 'traffic', type: 'text', of: (fact) => fact.bandwidth.source },
  { name: 'up_ms', part: 'state', type: 'int', of: (fact) => fact.upMs },
  { name: 'down_ms', part: 'state', type: 'int', of: (fact) => fact.downMs },
  { name: 'flaps', part: 'state', type: 'int', of: (fact) => fact.flaps },
  ...quality('latency'),
  ...quality('jitter'),
  ...quality('loss'),
  { name: 'counter_reset', part: 'traffic', type: 'bool', of: (fact) => fact.counterReset },
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

/** What stays of a stored row, as conditions in SQL; everything else is taken from the new one. */
interface Keeps {
  readonly source?: string;
  readonly parts?: Readonly<Partial<Record<Part, string>>>;
  /** When the new row is taken at all. */
  readonly where: string;
  readonly further?: string;
}

const choice = (column: string, keeps: string | undefined): string =>
  keeps === undefined ? `excluded.${column}` : `case when ${keeps} then circuit_hour.${column} else excluded.${column} end`;

function upsertSql({ source, parts = {}, where, further = withSketches(FIRST_COLUMN + COLUMNS.length) }: Keeps): string {
  const chosen = [choice('source', source), ...COLUMNS.map(({ name, part }) => choice(name, parts[part]))];
  const all = ['source', ...names];
  return `
  with stored as (
    insert into circuit_hour (org_id, source, circuit_id, hour, site_id, ${names.join(', ')})
    select $1, $2, u.circuit, ${instant('u.at')}, u.site, ${names.map((name) => `u.${name}`).join(', ')}
    from unnest($3::int[], $4::float8[], $5::int[], ${COLUMNS.map(({ type }, i) => `$${i + FIRST_COLUMN}::${type}[]`).join(', ')})
      as u (circuit, at, site, ${names.join(', ')})
    on conflict (org_id, circuit_id, hour) do update set ${all.map((name, i) => `${name} = ${chosen[i] ?? ''}`).join(', ')}
    where ${where} and (${all.map((name) => `circuit_hour.${name}`).join(', ')}) is distinct from (${chosen.join(', ')})
    returning org_id, circuit_id, hour),
  ${markingCte('stored')}${further}
  select count(*)::int as count from stored`;
}

const qualityParts = (condition: (name: string) => string): Readonly<Partial<Record<Part, string>>> =>
  Object.fromEntries(['latency', 'jitter', 'loss'].map((name) => [name, condition(name)]));

const IS_LESS_THAN_MIST = `circuit_hour.source = 'mist' and excluded.covered_ms < circuit_hour.covered_ms`;
/**
 * An imported hour gives way to samples only when they cover more of it. An hour of Mist's gives way when they cover as much; until then it takes
 * over what they tell of states, and the quality they measured.
 */
const FROM_SAMPLES = upsertSql({
  source: IS_LESS_THAN_MIST,
  parts: { traffic: IS_LESS_THAN_MIST, ...qualityParts((name) => `${IS_LESS_THAN_MIST} and excluded.${name}_count = 0`) },
  where: `(circuit_hour.source <> 'imported' or excluded.covered_ms > circuit_hour.covered_ms)`,
});
const FROM_IMPORT = upsertSql({ where: `(circuit_hour.source = 'imported' or excluded.covered_ms >= circuit_hour.covered_ms)` });
/** Mist's own hours bring bytes where less is covered. Known states stay, and quality measured by ourselves (it has a maximum) with its sketches. */
const FROM_MIST = upsertSql({
  parts: { state: 'true', ...qualityParts((name) => `circuit_hour.${name}_max is not null or excluded.${name}_count = 0`) },
  where: `(circuit_hour.source = 'mist' or excluded.covered_ms > circuit_hour.covered_ms)`,
  further: '',
});
const UPSERTS: Readonly<Record<FactSource, string>> = { samples: FROM_SAMPLES, imported: FROM_IMPORT, mist: FROM_MIST };

/** Stores facts and what goes with them: their sketches, and marks for the rollups. Returns how many rows are new or different. */
export async function storeFacts(db: Queryable, orgId: number, source: FactSource, rows: readonly FactRow[]): Promise<number> {
  if (rows.length === 0) return 0;
  const facts = [
    orgId,
    source,
    rows.map((row) => row.circuitId),
    rows.map((row) => row.fact.hour),
    rows.map((row) => row.siteId),
    ...COLUMNS.map(({ of }) => rows.map((row) => of(row.fact))),
  ];
  const values = source === 'mist' ? facts : [...facts, ...sketchValues(rows)];
  const stored = await db.query<{ count: number }>(UPSERTS[source], values);
  return stored[0]?.count ?? 0;
}

/** Circuits, hours and sketches of the rows that have some; the first and the last hour of all. */
function sketchValues(rows: readonly FactRow[]): unknown[] {
  const sketched = rows.flatMap(({ circuitId, fact: { hour }, sketches = null }) =>
    sketches === null ? [] : [{ circuitId, hour, sketches }],
  );
  return [
    sketched.map((row) => row.circuitId),
    sketched.map((row) => row.hour),
    ...(['latency', 'jitter', 'loss'] as const).map((metric) => sketched.map(({ sketches }) => sketches[metric])),
    rows.reduce((first, { fact }) => Math.min(first, fact.hour), Infinity),
    rows.reduce((last, { fact }) => Math.max(last, fact.hour), -Infinity),
  ];
}
