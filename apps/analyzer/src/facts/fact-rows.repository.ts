import type { HourFact, QualityHour } from '@app/domain';
import { markingCte, type Queryable } from '@app/shared';
import type { HourSketches } from './hour-sketches.js';
import { bytesArray, numberArray } from './sql-arrays.js';
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

/**
 * The sketches of an hour go with its fact: those of its samples, none when another system told the hour. Hours without any are looked up one by one:
 * on a day without statistics the planner would compare every sketch of it with every hour.
 */
const withSketches = (first: number): string => `,
  sketched as (
    insert into hour_sketch (org_id, circuit_id, hour, latency, jitter, loss)
    select stored.org_id, stored.circuit_id, stored.hour, s.latency, s.jitter, s.loss
    from unnest($${first}::int[], $${first + 1}::float8[], $${first + 2}::bytea[], $${first + 3}::bytea[], $${first + 4}::bytea[])
      as s (circuit, at, latency, jitter, loss)
    join stored on stored.circuit_id = s.circuit and stored.hour = ${instant('s.at')}
    on conflict (org_id, circuit_id, hour) do update set latency = excluded.latency, jitter = excluded.jitter, loss = excluded.loss),
  bare as (
    -- Constant bounds let the planner leave out the days that cannot matter.
    select stored.circuit_id as circuit, s.at from unnest($${first + 5}::int[], $${first + 6}::float8[]) as s (circuit, at)
    join stored on stored.circuit_id = s.circuit and stored.hour = ${instant('s.at')}
    cross join lateral (select 1 from hour_sketch k where k.org_id = $1 and k.circuit_id = s.circuit and k.hour = ${instant('s.at')}
      and k.hour between ${instant(`$${first + 7}::float8`)} and ${instant(`$${first + 8}::float8`)} limit 1) k)`;
const BARE = `(select array_agg(circuit) from bare) as circuits, (select array_agg(at) from bare) as hours`;
const NO_BARE = 'null as circuits, null as hours';

/** What stays of a stored row, as conditions in SQL; everything else is taken from the new one. */
interface Keeps {
  readonly source?: string;
  readonly parts?: Readonly<Partial<Record<Part, string>>>;
  /** Whether the hour goes where the new row says; else it stays at its site. */
  readonly moves?: boolean;
  /** When the new row is taken at all. */
  readonly where: string;
  readonly further?: string;
}

const choice = (column: string, keeps: string | undefined): string =>
  keeps === undefined ? `excluded.${column}` : `case when ${keeps} then circuit_hour.${column} else excluded.${column} end`;

function upsertSql({
  source,
  parts = {},
  moves = false,
  where,
  further = withSketches(FIRST_COLUMN + COLUMNS.length),
}: Keeps): string {
  const site = moves ? ['site_id'] : [];
  const chosen = [
    choice('source', source),
    ...site.map((name) => choice(name, undefined)),
    ...COLUMNS.map(({ name, part }) => choice(name, parts[part])),
  ];
  const all = ['source', ...site, ...names];
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
  select (select count(*)::int from stored) as count, ${further === '' ? NO_BARE : BARE}`;
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
/** A row of a file tells where the circuit was in that hour, too. */
const FROM_IMPORT = upsertSql({
  moves: true,
  where: `(circuit_hour.source = 'imported' or excluded.covered_ms >= circuit_hour.covered_ms)`,
});
/** Mist's own hours bring bytes where less is covered. Known states stay, and quality measured by ourselves (it has a maximum) with its sketches. */
const FROM_MIST = upsertSql({
  parts: { state: 'true', ...qualityParts((name) => `circuit_hour.${name}_max is not null or excluded.${name}_count = 0`) },
  where: `(circuit_hour.source = 'mist' or excluded.covered_ms > circuit_hour.covered_ms)`,
  further: '',
});
const UPSERTS: Readonly<Record<FactSource, string>> = { samples: FROM_SAMPLES, imported: FROM_IMPORT, mist: FROM_MIST };

function columnOf({ of, type }: Column, rows: readonly FactRow[]): unknown {
  const values = rows.map((row) => of(row.fact));
  return type === 'text' ? values : numberArray(values as (number | boolean | null)[]);
}

/** Stores facts and what goes with them: their sketches, and marks for the rollups. Returns how many rows are new or different. */
export async function storeFacts(db: Queryable, orgId: number, source: FactSource, rows: readonly FactRow[]): Promise<number> {
  if (rows.length === 0) return 0;
  const facts = [
    orgId,
    source,
    numberArray(rows.map((row) => row.circuitId)),
    numberArray(rows.map((row) => row.fact.hour)),
    numberArray(rows.map((row) => row.siteId)),
    ...COLUMNS.map((column) => columnOf(column, rows)),
  ];
  const values = source === 'mist' ? facts : [...facts, ...sketchValues(rows)];
  const [stored] = await db.query<{ count: number; circuits: number[] | null; hours: number[] | null }>(UPSERTS[source], values);
  if (stored?.circuits != null) await deleteSketches(db, orgId, stored.circuits, stored.hours);
  return stored?.count ?? 0;
}

/** Of hours that had sketches and have none any more: hardly ever any. */
async function deleteSketches(
  db: Queryable,
  orgId: number,
  circuits: readonly number[],
  hours: readonly number[] | null,
): Promise<void> {
  await db.query(
    `delete from hour_sketch k using unnest($2::int[], $3::float8[]) as u (circuit, at)
     where k.org_id = $1 and k.circuit_id = u.circuit and k.hour = ${instant('u.at')}`,
    [orgId, circuits, hours],
  );
}

/** Circuits, hours and sketches of the rows that have some; circuits and hours of the others, and the first and the last of these. */
function sketchValues(rows: readonly FactRow[]): unknown[] {
  const sketched = rows.flatMap(({ circuitId, fact: { hour }, sketches = null }) =>
    sketches === null ? [] : [{ circuitId, hour, sketches }],
  );
  const bare = rows.filter(({ sketches = null }) => sketches === null);
  return [
    numberArray(sketched.map((row) => row.circuitId)),
    numberArray(sketched.map((row) => row.hour)),
    ...(['latency', 'jitter', 'loss'] as const).map((metric) => bytesArray(sketched.map(({ sketches }) => sketches[metric]))),
    numberArray(bare.map((row) => row.circuitId)),
    numberArray(bare.map((row) => row.fact.hour)),
    bare.length === 0 ? null : bare.reduce((first, { fact }) => Math.min(first, fact.hour), Infinity),
    bare.length === 0 ? null : bare.reduce((last, { fact }) => Math.max(last, fact.hour), -Infinity),
  ];
}
