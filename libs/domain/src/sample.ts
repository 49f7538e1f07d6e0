/** All times in the domain are epoch milliseconds, UTC. */
export type EpochMs = number;

/** Half-open interval `[from, to)` of time. */
export interface Span {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

export type PortState = 'up' | 'down';

/** One reading of a WAN port. Counters are cumulative; `null` means the answer did not say. */
export interface PortSample {
  readonly at: EpochMs;
  readonly receivedAt: EpochMs;
  readonly up: boolean | null;
  readonly active: boolean | null;
  readonly disabled: boolean;
  readonly rxBytes: number | null;
  readonly txBytes: number | null;
  readonly uptimeS: number | null;
  readonly counterBits: 32 | 64 | null;
  readonly speedMbps: number | null;
  readonly lastFlappedAt: EpochMs | null;
  readonly latencyMs: number | null;
  readonly jitterMs: number | null;
  readonly lossPct: number | null;
}

/** A port went up or down at an instant, told by the device. */
export interface PortEvent {
  readonly at: EpochMs;
  readonly state: PortState;
}

/** One reading of one VPN peer path of a port. */
export interface PathSample {
  readonly at: EpochMs;
  /** Identity of the far end, `peerMac|peerPortId`. */
  readonly peer: string;
  readonly up: boolean | null;
  readonly active: boolean | null;
  readonly latencyMs: number | null;
  readonly jitterMs: number | null;
  readonly lossPct: number | null;
  readonly mos: number | null;
  readonly mtu: number | null;
}
