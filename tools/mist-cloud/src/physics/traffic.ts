import type { Congestion } from '../scenario/effects.js';
import type { Interval } from './intervals.js';
import { spanAt } from './intervals.js';
import type { LoadCurve } from './load.js';

/** A circuit that lends its load to another while it cannot carry it. */
export interface Borrowed {
  readonly curve: LoadCurve;
  readonly share: number;
  readonly spans: readonly Interval[];
}

/** All that decides how many bytes one circuit carries in one direction. Spans of one list do not overlap. */
export interface TrafficPlan {
  readonly own: LoadCurve;
  readonly boughtBps: number;
  /** No bytes at all: port down, or the gateway without power. */
  readonly silent: readonly Interval[];
  /** The path is down though the port is up: only keep-alives pass. */
  readonly idle: readonly Interval[];
  readonly congestions: readonly Congestion[];
  readonly borrowed: Borrowed | null;
}

const IDLE_SHARE = 0.01;

interface Segment {
  readonly fromMs: number;
  readonly bytesBefore: number;
  readonly mode: Mode;
}
interface Mode {
  readonly ownShare: number;
  readonly borrows: boolean;
  readonly congestion: Congestion | null;
}

const modeAt = (plan: TrafficPlan, atMs: number): Mode => {
  if (spanAt(plan.silent, atMs)) return { ownShare: 0, borrows: false, congestion: null };
  if (spanAt(plan.idle, atMs)) return { ownShare: IDLE_SHARE, borrows: false, congestion: null };
  const congestion = spanAt(plan.congestions, atMs);
  if (congestion) return { ownShare: 0, borrows: false, congestion };
  return { ownShare: 1, borrows: plan.borrowed !== null && spanAt(plan.borrowed.spans, atMs) !== null, congestion: null };
};

/** Congestion starts at 40 % of the bandwidth and climbs in a straight line to its peak. */
const START_SHARE = 0.4;
const congestedShare = (congestion: Congestion, atMs: number): number => {
  const risen = congestion.rampMs === 0 ? 1 : Math.min(1, (atMs - congestion.fromMs) / congestion.rampMs);
  return START_SHARE + (congestion.peakShare - START_SHARE) * risen;
};

/** Integral of the share from the start of the congestion, in share x milliseconds: a trapezium, then a rectangle. */
const congestedIntegral = (congestion: Congestion, atMs: number): number => {
  const rising = Math.min(atMs - congestion.fromMs, congestion.rampMs);
  const flat = Math.max(0, atMs - congestion.fromMs - congestion.rampMs);
  return ((START_SHARE + congestedShare(congestion, congestion.fromMs + rising)) / 2) * rising + congestion.peakShare * flat;
};

/** Bytes over time of one circuit in one direction, cut where the scenario changes what it carries. */
export class Traffic {
  private readonly segments: Segment[] = [];

  constructor(
    private readonly plan: TrafficPlan,
    originMs: number,
  ) {
    const spans = [...plan.silent, ...plan.idle, ...plan.congestions, ...(plan.borrowed?.spans ?? [])];
    const cuts = [...new Set([originMs, ...spans.flatMap((span) => [span.fromMs, span.toMs])])].sort((a, b) => a - b);
    let bytesBefore = 0;
    cuts.forEach((fromMs, index) => {
      const mode = modeAt(plan, fromMs);
      this.segments.push({ fromMs, bytesBefore, mode });
      bytesBefore += this.bytesIn(mode, { fromMs, toMs: cuts[index + 1] ?? fromMs });
    });
  }

  rateBps(atMs: number): number {
    const { mode } = this.segmentAt(atMs);
    if (mode.congestion) return this.plan.boughtBps * congestedShare(mode.congestion, atMs);
    const lent = mode.borrows && this.plan.borrowed ? this.plan.borrowed.share * this.plan.borrowed.curve.rateBps(atMs) : 0;
    return mode.ownShare * this.plan.own.rateBps(atMs) + lent;
  }

  /** True bytes of `[fromMs, toMs)`, not rounded. */
  bytesBetween(fromMs: number, toMs: number): number {
    return this.bytesUntil(toMs) - this.bytesUntil(fromMs);
  }

  private bytesUntil(atMs: number): number {
    const segment = this.segmentAt(atMs);
    return segment.bytesBefore + this.bytesIn(segment.mode, { fromMs: segment.fromMs, toMs: atMs });
  }

  private segmentAt(atMs: number): Segment {
    for (let index = this.segments.length - 1; index > 0; index -= 1) {
      const segment = this.segments[index];
      if (segment && segment.fromMs <= atMs) return segment;
    }
    const first = this.segments[0];
    if (!first) throw new RangeError('traffic has no segments');
    return first;
  }

  private bytesIn(mode: Mode, { fromMs, toMs }: Interval): number {
    if (toMs === fromMs) return 0;
    const { congestion } = mode;
    if (congestion)
      return (this.plan.boughtBps / 8000) * (congestedIntegral(congestion, toMs) - congestedIntegral(congestion, fromMs));
    const along = (curve: LoadCurve): number => curve.bytesUntil(toMs) - curve.bytesUntil(fromMs);
    const lent = mode.borrows && this.plan.borrowed ? this.plan.borrowed.share * along(this.plan.borrowed.curve) : 0;
    return (mode.ownShare === 0 ? 0 : mode.ownShare * along(this.plan.own)) + lent;
  }
}
