import type { EpochMs, Span } from '../sample.js';
import { mergeSpans, overlapMs } from '../time/spans.js';

/** One reading of a gateway's connection to the cloud. */
export interface ConnectionReading {
  readonly at: EpochMs;
  readonly connected: boolean;
  readonly siteId: number | null;
}

/** A known stretch of a gateway's connection; `to` of the newest is its last reading, so it may be empty. */
export interface ConnectionStretch extends Span {
  readonly connected: boolean;
  readonly siteId: number | null;
}

/** Readings as stretches want them: ascending, one per instant; of two of one instant `connected` counts. */
export const oneReadingPerInstant = (readings: readonly ConnectionReading[]): ConnectionReading[] => {
  const byInstant = new Map<EpochMs, ConnectionReading>();
  for (const reading of readings) {
    const other = byInstant.get(reading.at);
    if (other === undefined || (reading.connected && !other.connected)) byInstant.set(reading.at, reading);
  }
  return [...byInstant.values()].sort((a, b) => a.at - b.at);
};

/** A reading holds until the next one, for at most `maxGapMs`; equal neighbours that touch are one stretch. */
export const connectionStretches = (readings: readonly ConnectionReading[], maxGapMs: number): ConnectionStretch[] => {
  const sorted = oneReadingPerInstant(readings);
  const stretches: { from: EpochMs; to: EpochMs; connected: boolean; siteId: number | null }[] = [];
  sorted.forEach(({ at, connected, siteId }, index) => {
    const to = Math.min(sorted[index + 1]?.at ?? at, at + maxGapMs);
    const last = stretches.at(-1);
    if (last !== undefined && last.to === at && last.connected === connected && last.siteId === siteId) last.to = to;
    else stretches.push({ from: at, to, connected, siteId });
  });
  return stretches;
};

/** When a site could be reached, and when not; what is in neither is unknown. */
export interface SiteConnectivity {
  readonly up: readonly Span[];
  readonly down: readonly Span[];
}

/** A site is up while any of its gateways is connected, down while some are known and none is connected. */
export const siteConnectivity = (stretches: readonly (Span & { readonly connected: boolean })[]): SiteConnectivity => {
  const up = mergeSpans(stretches.filter(({ connected }) => connected));
  const lost = mergeSpans(stretches.filter(({ connected }) => !connected));
  return { up, down: lost.flatMap((span) => without(span, up)) };
};

const without = ({ from, to }: Span, holes: readonly Span[]): Span[] => {
  const rest: Span[] = [];
  let start = from;
  for (const hole of holes) {
    if (hole.to <= start || hole.from >= to) continue;
    if (hole.from > start) rest.push({ from: start, to: hole.from });
    start = Math.max(start, hole.to);
  }
  if (start < to) rest.push({ from: start, to });
  return rest;
};

export interface SiteReach {
  readonly upMs: number;
  readonly downMs: number;
  readonly unknownMs: number;
  /** up / (up + down); null when nothing is known. */
  readonly reachabilityPct: number | null;
  /** known / all. */
  readonly coveragePct: number | null;
}

/** Time in which a site could be reached within a span. */
export const siteReach = ({ up, down }: SiteConnectivity, { from, to }: Span): SiteReach => {
  const [upMs, downMs, all] = [overlapMs(up, from, to), overlapMs(down, from, to), Math.max(0, to - from)];
  const known = upMs + downMs;
  return {
    upMs,
    downMs,
    unknownMs: all - known,
    reachabilityPct: known > 0 ? (upMs / known) * 100 : null,
    coveragePct: all > 0 ? (known / all) * 100 : null,
  };
};
