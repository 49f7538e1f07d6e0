import {
  DEFAULT_THRESHOLDS,
  HOUR_MS,
  SlidingWindows,
  windowKpis,
  type FoldableHour,
  type Span,
  type WindowKpis,
} from '@app/domain';
import { storedHours, type Database } from '@app/shared';
import { mustBe } from '../rig.js';

const LENGTHS = [3, 12, 24];

export interface Walk {
  readonly hours: number;
  readonly ends: number;
  readonly peakHeapMb: number;
  /** Of all windows together, so that two ways can be compared. */
  readonly digest: number;
}

const digestOf = (kpis: WindowKpis): number =>
  kpis.facts +
  (kpis.utilization.p95Pct ?? 0) +
  (kpis.utilization.avgPct ?? 0) +
  kpis.above.utilization.warning.continuousHours +
  kpis.above.latency.warning.cumulativeHours +
  (kpis.latency.avg ?? 0) +
  (kpis.availabilityPct ?? 0);

/** Windows at every hour of all circuits, from the stream of their hours; nothing is kept but the windows of one circuit. */
export async function slideAll(database: Database, orgId: number, span: Span): Promise<Walk> {
  let [hours, ends, digest, peakHeap] = [0, 0, 0, 0];
  let sliding = new SlidingWindows(LENGTHS, DEFAULT_THRESHOLDS);
  let current = -1;
  for await (const batch of storedHours(database, { orgId, span, isOrdered: true })) {
    for (const { circuitId, fact } of batch) {
      if (circuitId !== current) {
        sliding = new SlidingWindows(LENGTHS, DEFAULT_THRESHOLDS);
        current = circuitId;
      }
      hours++;
      for (const { windows } of sliding.push(fact)) {
        ends++;
        for (const kpis of windows) digest += digestOf(kpis);
      }
    }
    if (ends % 64 === 0) peakHeap = Math.max(peakHeap, process.memoryUsage().heapUsed);
  }
  return { hours, ends, digest, peakHeapMb: Math.max(peakHeap, process.memoryUsage().heapUsed) / 2 ** 20 };
}

/** What anybody would write first: every window of every end from its own hours, which are at hand and need not be looked for. */
export function recomputeAll(circuits: readonly (readonly FoldableHour[])[]): Pick<Walk, 'ends' | 'digest'> {
  let [ends, digest] = [0, 0];
  for (const hours of circuits) {
    const [first, last] = [hours[0]?.hour ?? 0, hours.at(-1)?.hour ?? -HOUR_MS];
    const starts = LENGTHS.map(() => 0);
    let next = 0;
    for (let end = first + HOUR_MS; end <= last + HOUR_MS; end += HOUR_MS) {
      while ((hours[next]?.hour ?? Infinity) < end) next++;
      ends++;
      for (const [i, length] of LENGTHS.entries()) {
        const from = end - length * HOUR_MS;
        let start = starts[i] ?? 0;
        while ((hours[start]?.hour ?? Infinity) < from) start++;
        starts[i] = start;
        digest += digestOf(windowKpis(hours.slice(start, next), { from, to: end }, DEFAULT_THRESHOLDS));
      }
    }
  }
  return { ends, digest };
}

/** Reading alone: every hour is looked at and let go. */
export async function readAll(database: Database, orgId: number, span: Span): Promise<number> {
  let hours = 0;
  for await (const batch of storedHours(database, { orgId, span, isOrdered: true })) hours += batch.length;
  return hours;
}

/** The hours of the first circuits, read in the same way. */
export async function sampleOf(
  database: Database,
  request: { orgId: number; span: Span; circuits: number },
): Promise<FoldableHour[][]> {
  const { orgId, span, circuits } = request;
  const rows = await database.query<{ id: number }>('select id from circuit where org_id = $1 order by id limit $2', [
    orgId,
    circuits,
  ]);
  const lists = new Map<number, FoldableHour[]>(rows.map(({ id }) => [id, []]));
  for await (const batch of storedHours(database, { orgId, span, circuitIds: [...lists.keys()], isOrdered: true }))
    for (const { circuitId, fact } of batch) lists.get(circuitId)?.push(fact);
  return [...lists.values()];
}

/** Sliding over the sample alone gives what recomputing it gives, to the last bit but for the order of adding up the digest. */
export function mustAgree(sample: readonly (readonly FoldableHour[])[]): void {
  const recomputed = recomputeAll(sample);
  let [ends, digest] = [0, 0];
  for (const hours of sample) {
    const sliding = new SlidingWindows(LENGTHS, DEFAULT_THRESHOLDS);
    for (const fact of hours)
      for (const { windows } of sliding.push(fact)) {
        ends++;
        for (const kpis of windows) digest += digestOf(kpis);
      }
  }
  mustBe('number of window ends', ends, recomputed.ends);
  mustBe('digest of all windows', digest, recomputed.digest);
}
