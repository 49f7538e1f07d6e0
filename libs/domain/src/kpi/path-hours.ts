import type { QualityHour } from '../circuit.js';
import type { EpochMs, PathSample, PortState, Span } from '../sample.js';
import { HOUR_MS } from '../time/bucket.js';
import { isInside } from '../time/spans.js';
import { DEFAULT_FACT_SETTINGS } from './input.js';
import { QualityReader } from './quality.js';
import { StateHours, type StateTally } from './state-hours.js';
import { walkStates } from './state.js';

/** A known state of a path and the reading that told it. */
export interface PathState {
  readonly state: PortState;
  readonly at: EpochMs;
}

/** Mean opinion score of one hour, 0 to 5; the worst is the lowest. */
export interface MosHour {
  readonly count: number;
  readonly avg: number | null;
  readonly min: number | null;
}

/** What one VPN peer path of a circuit did in one UTC hour; unknown = 3,600,000 - up - down. */
export interface PathHour {
  readonly peer: string;
  readonly hour: EpochMs;
  readonly upMs: number;
  readonly downMs: number;
  readonly flaps: number;
  readonly latency: QualityHour;
  readonly jitter: QualityHour;
  readonly loss: QualityHour;
  readonly mos: MosHour;
  /** Last one told in the hour. */
  readonly mtu: number | null;
  /** Last known state at the hour's end, however old: what a later hour begins with. */
  readonly last: PathState | null;
}

export interface PathRules {
  readonly maxGapMs: number;
  /** The gateway was cut off from the cloud: nothing read then counts, and no state holds. */
  readonly cutOffs: readonly Span[];
  /** Nothing is known from here on. */
  readonly holdUntil: EpochMs;
  /** Last known state of each peer before the first hour, however old. */
  readonly priors: ReadonlyMap<string, PathState>;
}

/**
 * Hours of all peer paths of a circuit: those with a reading or with a state that still holds. Readings come in any order, one per peer and
 * instant; a repeat does no harm. `hours` are ascending starts of UTC hours.
 */
export const pathHours = (samples: readonly PathSample[], hours: readonly EpochMs[], rules: PathRules): PathHour[] => {
  const byPeer = new Map<string, PathSample[]>();
  for (const peer of rules.priors.keys()) byPeer.set(peer, []);
  for (const sample of samples) {
    if (isInside(rules.cutOffs, sample.at)) continue;
    const own = byPeer.get(sample.peer);
    if (own === undefined) byPeer.set(sample.peer, [sample]);
    else own.push(sample);
  }
  const made: PathHour[] = [];
  for (const [peer, own] of byPeer) made.push(...hoursOfPeer(peer, ascending(own), hours, rules));
  return made;
};

const ascending = (samples: PathSample[]): PathSample[] => {
  for (let i = 1; i < samples.length; i++) if ((samples[i - 1]?.at ?? 0) >= (samples[i]?.at ?? 0)) return onePerInstant(samples);
  return samples;
};

const onePerInstant = (samples: readonly PathSample[]): PathSample[] =>
  [...new Map(samples.map((sample) => [sample.at, sample])).values()].sort((a, b) => a.at - b.at);

const hoursOfPeer = (
  peer: string,
  samples: readonly PathSample[],
  hours: readonly EpochMs[],
  { maxGapMs, cutOffs, holdUntil, priors }: PathRules,
): PathHour[] => {
  const states = new StateHours(hours);
  const prior = priors.get(peer);
  const input = {
    polls: samples,
    events: [],
    cutOffs,
    blind: [],
    prior: prior === undefined ? null : { ...prior, source: 'poll' as const },
    holdUntil,
  };
  // States of paths follow the rules of polled ports. A path may carry traffic while its gateway cannot reach the cloud, so a cut-off is never down time of a path.
  walkStates(input, { ...DEFAULT_FACT_SETTINGS, maxGapMs, disconnectedCountsAs: 'unknown' }, states);
  const quality = new QualityReader([], samples, cutOffs);
  const rest = new RestReader(samples, prior ?? null);
  const made: PathHour[] = [];
  for (let i = 0; i < hours.length; i++) {
    const hour = hours[i] ?? 0;
    const { seen, mos, mtu, last } = rest.ofHour(hour);
    const { upMs, downMs, flaps } = states.tallies[i] ?? NOTHING;
    if (!seen && upMs + downMs === 0) continue;
    const { latency, jitter, loss } = quality.ofHour(hour);
    made.push({ peer, hour, upMs, downMs, flaps, latency, jitter, loss, mos, mtu, last });
  }
  return made;
};

const NOTHING: Readonly<StateTally> = { upMs: 0, downMs: 0, flaps: 0 };

/** Reads what is neither time nor a quality metric, in ascending hours; each sample is looked at once. */
class RestReader {
  private next = 0;
  /** The last reading with a state. */
  private last: PathSample | null = null;

  constructor(
    private readonly samples: readonly PathSample[],
    private readonly prior: PathState | null,
  ) {}

  ofHour(hour: EpochMs): Pick<PathHour, 'mos' | 'mtu' | 'last'> & { readonly seen: boolean } {
    const { samples } = this;
    for (; (samples[this.next]?.at ?? Infinity) < hour; this.next++) this.note(samples[this.next]);
    const first = this.next;
    let count = 0;
    let sum = 0;
    let min = Infinity;
    let mtu: number | null = null;
    for (; (samples[this.next]?.at ?? Infinity) < hour + HOUR_MS; this.next++) {
      const sample = samples[this.next];
      if (sample === undefined) break;
      mtu = sample.mtu ?? mtu;
      this.note(sample);
      if (sample.up !== true || sample.mos === null) continue;
      count++;
      sum += sample.mos;
      min = Math.min(min, sample.mos);
    }
    const mos = count === 0 ? { count, avg: null, min: null } : { count, avg: sum / count, min };
    const { last } = this;
    const state = last === null ? this.prior : { state: last.up === true ? ('up' as const) : ('down' as const), at: last.at };
    return { seen: this.next > first, mos, mtu, last: state };
  }

  private note(sample: PathSample | undefined): void {
    if (sample !== undefined && sample.up !== null) this.last = sample;
  }
}
