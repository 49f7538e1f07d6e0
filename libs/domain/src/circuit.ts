import type { EpochMs, PortState } from './sample.js';

export type CircuitRole = 'primary' | 'secondary' | 'backup';
export type BandwidthSource = 'configured' | 'traffic_shaping' | 'link_speed';

/** Bought (or next best) bandwidth of a circuit at one instant; `null` = unknown, and an explicit 0 also means unknown. */
export interface Bandwidth {
  readonly downMbps: number | null;
  readonly upMbps: number | null;
  readonly source: BandwidthSource | null;
}

export const UNKNOWN_BANDWIDTH: Bandwidth = { downMbps: null, upMbps: null, source: null };

/**
 * What is on record, or next best the speed of the link. Traffic shaping limits what is sent alone, so that it leaves the way down to the link; both
 * are said to come from it then.
 */
export const orLinkSpeed = (known: Bandwidth, link: Bandwidth): Bandwidth => {
  if (known.source === null) return link;
  return known.source === 'traffic_shaping' && known.downMbps === null ? { ...known, downMbps: link.downMbps } : known;
};

/**
 * Who says something of a circuit, the most trusted first: operators; then Mist's configuration of the port (its sending limit; that it is a cellular
 * one), what the gateway tells of itself, the order of paths, and the kind of line.
 */
export const ATTRIBUTE_SOURCES = ['configured', 'traffic_shaping', 'lte', 'mist', 'path_preference', 'port_config'] as const;
export type AttributeSource = (typeof ATTRIBUTE_SOURCES)[number];

/** Name of a circuit for people and URLs: `mac:port`, e.g. `020000000101:ge-0/0/0`. */
export const circuitName = (mac: string, portId: string): string => `${mac}:${portId}`;

/** Average, maximum, p95 (percentile_cont) and number of the non-null samples of one quality metric in one hour. */
export interface QualityHour {
  readonly count: number;
  readonly avg: number | null;
  readonly max: number | null;
  readonly p95: number | null;
}

/** What one circuit did in one UTC hour. Minutes are kept as whole milliseconds so that sums stay exact. */
export interface HourFact {
  readonly hour: EpochMs;
  readonly rxBytes: number | null;
  readonly txBytes: number | null;
  /** Milliseconds of the hour over which bytes are known. */
  readonly coveredMs: number;
  /** Highest rate of any interval inside the hour, bit/s. */
  readonly peakRxBps: number | null;
  readonly peakTxBps: number | null;
  readonly utilizationPct: number | null;
  readonly peakUtilizationPct: number | null;
  readonly bandwidth: Bandwidth;
  readonly upMs: number;
  readonly downMs: number;
  /** `null`: not observed (imported without the figure); up + down + unknown = 3,600,000 always. */
  readonly flaps: number | null;
  readonly latency: QualityHour;
  readonly jitter: QualityHour;
  readonly loss: QualityHour;
  /** A counter restarted in this hour. */
  readonly counterReset: boolean;
}

/** A stretch of known state of a circuit; unknown time is the absence of an interval. */
export interface StateInterval {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly state: PortState;
}
