import { type Bandwidth, UNKNOWN_BANDWIDTH } from '../circuit.js';
import type { EpochMs, PathSample, PortEvent, PortSample, PortState } from '../sample.js';
import type { CircuitInput } from './input.js';

const MIDNIGHT = Date.UTC(2026, 0, 26);

/** Instant of the fixture day: `t('10:05')`, `t('10:05:30')`, `t('25:00')` = 01:00 of the next day. */
export const t = (clock: string): EpochMs => {
  const [hours = 0, minutes = 0, seconds = 0] = clock.split(':').map(Number);
  return MIDNIGHT + ((hours * 60 + minutes) * 60 + seconds) * 1000;
};

export const poll = (clock: string, over: Partial<PortSample> = {}): PortSample => ({
  at: t(clock),
  receivedAt: t(clock),
  up: true,
  active: null,
  disabled: false,
  rxBytes: null,
  txBytes: null,
  uptimeS: null,
  counterBits: null,
  speedMbps: null,
  lastFlappedAt: null,
  latencyMs: null,
  jitterMs: null,
  lossPct: null,
  ...over,
});

export const event = (clock: string, state: PortState): PortEvent => ({ at: t(clock), state });

export const path = (clock: string, peer: string, over: Partial<PathSample> = {}): PathSample => ({
  at: t(clock),
  peer,
  up: true,
  active: true,
  latencyMs: null,
  jitterMs: null,
  lossPct: null,
  mos: null,
  mtu: null,
  ...over,
});

export const input = (over: Partial<CircuitInput>): CircuitInput => ({
  polls: [],
  events: [],
  paths: [],
  cutOffs: [],
  blind: [],
  prior: null,
  holdUntil: Infinity,
  ...over,
});

export const configured = (downMbps: number | null, upMbps: number | null = downMbps): Bandwidth => ({
  downMbps,
  upMbps,
  source: 'configured',
});

export const noBandwidth = (): Bandwidth => UNKNOWN_BANDWIDTH;
