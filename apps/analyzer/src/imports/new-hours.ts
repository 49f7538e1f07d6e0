import { HOUR_MS, type BandwidthSource, type EpochMs, type HourFact, type QualityHour } from '@app/domain';
import { copyInto, CopyWriter, TransientError, type Queryable, type Transaction } from '@app/shared';
import type { FactRow } from '../facts/fact-rows.repository.js';
import { epochMs, instant, msOrNull } from '../facts/sql-time.js';
import { nearestBefore, nearestFrom, type ObservedSpan } from './gaps.js';

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
/** The few texts of a row, made once. */
const IMPORTED = Buffer.from('imported');
const SOURCES: Readonly<Record<BandwidthSource, Buffer>> = {
  configured: Buffer.from('configured'),
  traffic_shaping: Buffer.from('traffic_shaping'),
  link_speed: Buffer.from('link_speed'),
};

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
  rows.raw(IMPORTED);
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
  rows.raw(fact.bandwidth.source === null ? null : SOURCES[fact.bandwidth.source]);
}

/** What is stored of a circuit around the hours of a file. */
export interface Surroundings {
  /** No hour from the first to the last. */
  readonly isEmpty: boolean;
  readonly before: EpochMs | null;
  /** The first after the last, when there is none between. */
  readonly after: EpochMs | null;
}

/** What is stored around each span. */
export async function surroundingsOf(
  db: Queryable,
  orgId: number,
  spans: readonly ObservedSpan[],
): Promise<Map<number, Surroundings>> {
  const rows = await db.query<{ before: number | null; next: number | null }>(
    `select ${epochMs('b.hour')} as before, ${epochMs('n.hour')} as next
     from unnest($2::int[], $3::float8[]) with ordinality as u (circuit, lower, i)
     left join lateral ${nearestBefore(instant('u.lower'))} on true left join lateral ${nearestFrom(instant('u.lower'))} on true order by u.i`,
    [orgId, spans.map(({ circuitId }) => circuitId), spans.map(({ from }) => from)],
  );
  return new Map(
    spans.map(({ circuitId, to }, i) => {
      const [before, next] = [msOrNull(rows[i]?.before ?? null), msOrNull(rows[i]?.next ?? null)];
      return [circuitId, { isEmpty: next === null || next > to, before, after: next }];
    }),
  );
}

const UNIQUE_VIOLATION = '23505';
/** Another writer was quicker with one of the hours: at the next attempt it is compared. */
const isTaken = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION;

const DAY_MS = 24 * HOUR_MS;

/** Appends hours of circuits that have none in their spans, and marks them for the rollups. The circuits are locked; their hours come in order. */
export async function appendHours(tx: Transaction, orgId: number, facts: Iterable<FactRow>): Promise<number> {
  const rows = new CopyWriter();
  const marks: { circuitId: number; from: EpochMs; to: EpochMs }[] = [];
  for (const fact of facts) {
    writeFact(rows, orgId, fact);
    const [{ circuitId }, { hour }, last] = [fact, fact.fact, marks.at(-1)];
    if (last?.circuitId === circuitId && hour - last.to <= DAY_MS) last.to = hour;
    else marks.push({ circuitId, from: hour, to: hour });
  }
  if (rows.rows === 0) return 0;
  await copyInto(tx, 'circuit_hour', COLUMNS, rows).catch((error: unknown) => {
    throw isTaken(error)
      ? new TransientError('HOUR_TAKEN', 'An hour was stored by another writer meanwhile.', { cause: error })
      : error;
  });
  await tx.query(
    `insert into rollup_mark (org_id, circuit_id, from_hour, to_hour)
     select $1, u.circuit, ${instant('u.lower')}, ${instant('u.upper')} from unnest($2::int[], $3::float8[], $4::float8[]) as u (circuit, lower, upper)`,
    [orgId, marks.map(({ circuitId }) => circuitId), marks.map(({ from }) => from), marks.map(({ to }) => to)],
  );
  return rows.rows;
}
