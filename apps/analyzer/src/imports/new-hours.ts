import { HOUR_MS, type EpochMs, type HourFact, type QualityHour } from '@app/domain';
import { copyInto, CopyWriter, TransientError, type Queryable, type Transaction } from '@app/shared';
import type { FactRow } from '../facts/fact-rows.repository.js';
import { epochMs, instant } from '../facts/sql-time.js';
import type { ObservedSpan } from './gaps.js';

const COLUMNS = [
  ...['org_id', 'circuit_id', 'hour', 'site_id', 'source', 'rx_bytes', 'tx_bytes', 'covered_ms', 'peak_rx_bps', 'peak_tx_bps'],
  ...[
    'utilization_pct',
    'peak_utilization_pct',
    'bandwidth_down_mbps',
    'bandwidth_up_mbps',
    'bandwidth_source',
    'up_ms',
    'down_ms',
    'flaps',
  ],
  ...['latency', 'jitter', 'loss'].flatMap((name) => [`${name}_count`, `${name}_avg`, `${name}_max`, `${name}_p95`]),
  'counter_reset',
];
const NULL = Number.NaN;

function writeQuality(rows: CopyWriter, { count, avg, max, p95 }: QualityHour): void {
  rows.int4(count);
  rows.float8(avg ?? NULL);
  rows.float8(max ?? NULL);
  rows.float8(p95 ?? NULL);
}

function writeFact(rows: CopyWriter, orgId: number, { circuitId, siteId, fact }: FactRow): void {
  rows.row(COLUMNS.length);
  rows.int4(orgId);
  rows.int4(circuitId);
  rows.instant(fact.hour);
  rows.int4(siteId);
  rows.text('imported');
  writeTraffic(rows, fact);
  rows.int4(fact.upMs);
  rows.int4(fact.downMs);
  rows.int4(fact.flaps ?? NULL);
  writeQuality(rows, fact.latency);
  writeQuality(rows, fact.jitter);
  writeQuality(rows, fact.loss);
  rows.bool(fact.counterReset);
}

function writeTraffic(rows: CopyWriter, fact: HourFact): void {
  rows.int8(fact.rxBytes ?? NULL);
  rows.int8(fact.txBytes ?? NULL);
  rows.int4(fact.coveredMs);
  rows.float8(fact.peakRxBps ?? NULL);
  rows.float8(fact.peakTxBps ?? NULL);
  rows.float8(fact.utilizationPct ?? NULL);
  rows.float8(fact.peakUtilizationPct ?? NULL);
  rows.float8(fact.bandwidth.downMbps ?? NULL);
  rows.float8(fact.bandwidth.upMbps ?? NULL);
  rows.text(fact.bandwidth.source);
}

/** What is stored of a circuit around the hours of a file. */
export interface Surroundings {
  /** No hour from the first to the last. */
  readonly isEmpty: boolean;
  readonly before: EpochMs | null;
  readonly after: EpochMs | null;
}

export async function surroundingsOf(
  db: Queryable,
  orgId: number,
  spans: readonly ObservedSpan[],
): Promise<Map<number, Surroundings>> {
  const rows = await db.query<{ circuit: number; is_empty: boolean; before: number | null; after: number | null }>(
    `select u.circuit,
       not exists (select from circuit_hour h where h.org_id = $1 and h.circuit_id = u.circuit and h.hour >= ${instant('u.lower')} and h.hour <= ${instant('u.upper')}) as is_empty,
       (select ${epochMs('max(h.hour)')} from circuit_hour h where h.org_id = $1 and h.circuit_id = u.circuit and h.hour < ${instant('u.lower')}) as before,
       (select ${epochMs('min(h.hour)')} from circuit_hour h where h.org_id = $1 and h.circuit_id = u.circuit and h.hour > ${instant('u.upper')}) as after
     from unnest($2::int[], $3::float8[], $4::float8[]) as u (circuit, lower, upper)`,
    [orgId, spans.map(({ circuitId }) => circuitId), spans.map(({ from }) => from), spans.map(({ to }) => to)],
  );
  return new Map(
    rows.map((row) => [
      row.circuit,
      {
        isEmpty: row.is_empty,
        before: row.before === null ? null : Math.round(row.before),
        after: row.after === null ? null : Math.round(row.after),
      },
    ]),
  );
}

/** Whether every hour from the nearest stored one before a span to the nearest after it is among these ascending hours. */
export function isGapless(hours: readonly EpochMs[], { before, after }: Surroundings): boolean {
  const [first = 0, last = 0] = [hours[0], hours.at(-1)];
  return (
    last - first === (hours.length - 1) * HOUR_MS &&
    (before === null || before === first - HOUR_MS) &&
    (after === null || after === last + HOUR_MS)
  );
}

const UNIQUE_VIOLATION = '23505';
/** Another writer was quicker with one of the hours: at the next attempt it is compared. */
const isTaken = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION;

const DAY_MS = 24 * HOUR_MS;

/** Appends hours of circuits that have none in their spans, and marks them for the rollups. The circuits are locked. */
export async function appendHours(
  tx: Transaction,
  orgId: number,
  facts: readonly FactRow[],
  hoursOf: ReadonlyMap<number, readonly EpochMs[]>,
): Promise<void> {
  if (facts.length === 0) return;
  const rows = new CopyWriter();
  for (const fact of facts) writeFact(rows, orgId, fact);
  await copyInto(tx, 'circuit_hour', COLUMNS, rows).catch((error: unknown) => {
    throw isTaken(error)
      ? new TransientError('HOUR_TAKEN', 'An hour was stored by another writer meanwhile.', { cause: error })
      : error;
  });
  const marks: { circuitId: number; from: EpochMs; to: EpochMs }[] = [];
  for (const [circuitId, hours] of hoursOf) {
    let last: { circuitId: number; from: EpochMs; to: EpochMs } | undefined;
    for (const hour of hours) {
      if (last !== undefined && hour - last.to <= DAY_MS) last.to = hour;
      else marks.push((last = { circuitId, from: hour, to: hour }));
    }
  }
  await tx.query(
    `insert into rollup_mark (org_id, circuit_id, from_hour, to_hour)
     select $1, u.circuit, ${instant('u.lower')}, ${instant('u.upper')} from unnest($2::int[], $3::float8[], $4::float8[]) as u (circuit, lower, upper)`,
    [orgId, marks.map(({ circuitId }) => circuitId), marks.map(({ from }) => from), marks.map(({ to }) => to)],
  );
}
