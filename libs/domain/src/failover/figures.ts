import { orLinkSpeed, type Bandwidth, type QualityHour } from '../circuit.js';
import { CounterChain, type Tally } from '../kpi/counters.js';
import { EMPTY_QUALITY, worstOfPaths, type QualityReading } from '../kpi/quality.js';
import { BYTES_PER_MS_AT_1_MBPS, downMbpsOf, peakUtilizationOf, upMbpsOf } from '../kpi/utilization.js';
import type { EpochMs, PathSample, PortSample, Span } from '../sample.js';
import { isInside, mergeSpans } from '../time/spans.js';
import type { Failover, SiteCircuit } from './failover.js';

type Quality = Pick<QualityHour, 'count' | 'avg' | 'max'>;

/** What the site had on the circuits that carried it during a failover. */
export interface FailoverFigures {
  readonly latency: Quality;
  readonly jitter: Quality;
  readonly loss: Quality;
  readonly rxBytes: number | null;
  readonly txBytes: number | null;
  readonly coveredMs: number;
  /** Average over the covered time; `null` without a bandwidth or covered time. */
  readonly utilizationPct: number | null;
  readonly peakUtilizationPct: number | null;
}

export interface BackupInput extends Pick<SiteCircuit, 'id' | 'polls' | 'paths' | 'cutOffs'> {
  /** What operators or Mist say; the link speed is the last resort. */
  readonly bandwidthAt: (at: EpochMs) => Bandwidth;
}

/** Which circuit carried when: the first from the start, each further one from its change. */
export const legsOf = ({ backupId, startedAt, endedAt, changes }: Failover, now: EpochMs): (Span & { circuitId: number })[] => {
  const starts = [{ at: startedAt, circuitId: backupId }, ...changes];
  const end = endedAt ?? Math.max(now, startedAt);
  return starts.flatMap(({ at, circuitId }, i) => {
    const to = Math.min(end, starts[i + 1]?.at ?? Infinity);
    return at < to ? [{ circuitId, from: at, to }] : [];
  });
};

const qualityReadings = (
  polls: readonly PortSample[],
  paths: readonly PathSample[],
  { from, to }: Span,
): Readonly<QualityReading>[] => {
  const isIn = ({ at }: { readonly at: EpochMs }): boolean => from <= at && at < to;
  const byInstant = new Map<EpochMs, PathSample[]>();
  for (const path of paths.filter(isIn)) byInstant.set(path.at, [...(byInstant.get(path.at) ?? []), path]);
  return byInstant.size === 0 ? polls.filter(isIn) : [...byInstant.values()].map((own) => worstOfPaths(own));
};

const qualityOf = (readings: readonly Readonly<QualityReading>[], pick: (reading: Readonly<QualityReading>) => number | null) => {
  let [count, sum, max]: [number, number, number] = [0, 0, -Infinity];
  for (const reading of readings) {
    const value = pick(reading);
    if (value === null) continue;
    count += 1;
    sum += value;
    max = Math.max(max, value);
  }
  return count === 0 ? { count, avg: EMPTY_QUALITY.avg, max: EMPTY_QUALITY.max } : { count, avg: sum / count, max };
};

interface Leg {
  readonly rx: Tally;
  readonly tx: Tally;
  readonly bandwidth: Bandwidth;
  readonly readings: readonly Readonly<QualityReading>[];
}

const NOTHING: Tally = { bytes: 0, coveredMs: 0, peakBps: 0, hasReset: false };

const speedOf = (polls: readonly PortSample[], to: EpochMs): Bandwidth => {
  const told = polls.filter(({ speedMbps }) => speedMbps !== null && speedMbps > 0);
  const mbps = (told.findLast(({ at }) => at <= to) ?? told[0])?.speedMbps ?? null;
  return { downMbps: mbps, upMbps: mbps, source: mbps === null ? null : 'link_speed' };
};

const legFigures = ({ polls, paths, cutOffs, bandwidthAt }: BackupInput, leg: Span, maxGapMs: number): Leg => {
  const merged = mergeSpans(cutOffs);
  const heard = polls.filter(({ at }) => !isInside(merged, at));
  const rules = { hours: [leg.from], slotMs: leg.to - leg.from, maxGapMs, bandwidthAt };
  const [rx, tx] = [new CounterChain('rx', rules), new CounterChain('tx', rules)];
  for (const poll of heard) {
    rx.take(poll);
    tx.take(poll);
  }
  const asked = bandwidthAt(leg.from);
  return {
    rx: rx.tallies[0] ?? NOTHING,
    tx: tx.tallies[0] ?? NOTHING,
    bandwidth: orLinkSpeed(asked, speedOf(heard, leg.to)),
    readings: qualityReadings(
      heard,
      paths.filter(({ at }) => !isInside(merged, at)),
      leg,
    ),
  };
};

const shareOf = ({ bytes, coveredMs }: Tally, mbps: number | null): number | null =>
  mbps === null || coveredMs === 0 ? null : (bytes / (mbps * BYTES_PER_MS_AT_1_MBPS * coveredMs)) * 100;

const largest = (values: readonly (number | null)[]): number | null =>
  values.reduce<number | null>((max, value) => (value === null ? max : Math.max(value, max ?? -Infinity)), null);

const utilizationOf = ({ rx, tx, bandwidth }: Leg): number | null =>
  largest([shareOf(rx, downMbpsOf(bandwidth)), shareOf(tx, upMbpsOf(bandwidth))]);

const peakOf = ({ rx, tx, bandwidth }: Leg): number | null =>
  peakUtilizationOf(
    { peakRxBps: rx.coveredMs === 0 ? null : rx.peakBps, peakTxBps: tx.coveredMs === 0 ? null : tx.peakBps },
    bandwidth,
  );

/** Legs weigh by their covered time. */
const averageUtilization = (legs: readonly Leg[]): number | null => {
  let [sum, weight] = [0, 0];
  for (const leg of legs) {
    const pct = utilizationOf(leg);
    const coveredMs = Math.max(leg.rx.coveredMs, leg.tx.coveredMs);
    if (pct === null) continue;
    sum += pct * coveredMs;
    weight += coveredMs;
  }
  return weight === 0 ? null : sum / weight;
};

/** Quality and utilization on the circuits that carried the site. Their polls ascend and reach a gap beyond the failover on both sides. */
export const failoverFigures = (
  failover: Failover,
  backups: ReadonlyMap<number, BackupInput>,
  { now, maxGapMs }: { readonly now: EpochMs; readonly maxGapMs: number },
): FailoverFigures => {
  const legs = legsOf(failover, now).flatMap((leg) => {
    const backup = backups.get(leg.circuitId);
    return backup === undefined ? [] : [legFigures(backup, leg, maxGapMs)];
  });
  const readings = legs.flatMap((leg) => leg.readings);
  const bytes = (pick: (leg: Leg) => Tally): number | null => {
    const covered = legs.map(pick).filter(({ coveredMs }) => coveredMs > 0);
    return covered.length === 0 ? null : covered.reduce((sum, tally) => sum + tally.bytes, 0);
  };
  return {
    latency: qualityOf(readings, ({ latencyMs }) => latencyMs),
    jitter: qualityOf(readings, ({ jitterMs }) => jitterMs),
    loss: qualityOf(readings, ({ lossPct }) => lossPct),
    rxBytes: bytes(({ rx }) => rx),
    txBytes: bytes(({ tx }) => tx),
    coveredMs: legs.reduce((sum, { rx, tx }) => sum + Math.max(rx.coveredMs, tx.coveredMs), 0),
    utilizationPct: averageUtilization(legs),
    peakUtilizationPct: largest(legs.map(peakOf)),
  };
};
