import { orLinkSpeed, type Bandwidth, type HourFact } from '../circuit.js';
import type { EpochMs, PortSample, PortState } from '../sample.js';
import { HOUR_MS, hourOf, hoursBetween } from '../time/bucket.js';
import { isInside } from '../time/spans.js';
import { CounterChain, type Tally } from './counters.js';
import type { CircuitInput, FactSettings } from './input.js';
import { QualityReader, type QualityValues } from './quality.js';
import { StateHours, type StateTally } from './state-hours.js';
import { type StateSink, type TransitionSource, walkStates } from './state.js';
import { peakUtilizationOf, utilizationOf } from './utilization.js';

/** Takes what a fact does not keep of its hour. */
export interface FactSinks {
  /** Told the states of which the facts are made, beyond the asked hours too. */
  readonly states: StateSink;
  /** The values are lent: they change with the next hour. */
  readonly onQuality: (hour: EpochMs, values: QualityValues) => void;
}

/** Facts of the asked hours (ascending starts of UTC hours). Asking for them one by one or together gives the same. */
export const hourFacts = (
  input: CircuitInput,
  hours: readonly EpochMs[],
  bandwidthAt: (hour: EpochMs) => Bandwidth,
  settings: FactSettings & Partial<FactSinks>,
): HourFact[] => {
  const polls = input.cutOffs.length === 0 ? input.polls : input.polls.filter((poll) => !isInside(input.cutOffs, poll.at));
  const rules = { hours, maxGapMs: settings.maxGapMs, bandwidthAt };
  const [rx, tx] = [new CounterChain('rx', rules), new CounterChain('tx', rules)];
  const takeovers = [...(input.takeovers ?? [])];
  for (const poll of polls) {
    for (; takeovers[0] !== undefined && takeovers[0] <= poll.at; takeovers.shift()) [rx, tx].forEach((chain) => chain.restart());
    rx.take(poll);
    tx.take(poll);
  }
  const states = new StateHours(hours);
  walkStates(input, settings, settings.states === undefined ? states : new BothSinks(states, settings.states));
  const quality = new QualityReader(polls, input.paths, input.cutOffs);
  const linkSpeed = new LinkSpeed(polls);
  return hours.map((hour, i) => {
    const [received, sent, state] = [rx.tallies[i], tx.tallies[i], states.tallies[i]];
    if (received === undefined || sent === undefined || state === undefined)
      throw new RangeError(`No tally for hour ${String(hour)}.`);
    const asked = bandwidthAt(hour);
    const bandwidth = orLinkSpeed(asked, linkSpeed.until(hour + HOUR_MS));
    const measured = quality.ofHour(hour);
    settings.onQuality?.(hour, quality);
    const { upMs, downMs } = state;
    const { latency, jitter, loss } = measured;
    // A spread is cheap only where it comes first, and alone.
    return {
      ...trafficOf(received, sent, bandwidth),
      hour,
      bandwidth,
      upMs,
      downMs,
      flaps: flapsOf(state),
      latency,
      jitter,
      loss,
    };
  });
};

/** Tells two what one walk finds. */
class BothSinks implements StateSink {
  constructor(
    private readonly first: StateSink,
    private readonly second: StateSink,
  ) {}

  known(from: EpochMs, to: EpochMs, state: PortState): void {
    this.first.known(from, to, state);
    this.second.known(from, to, state);
  }

  transition(at: EpochMs, from: PortState, to: PortState, source: TransitionSource): void {
    this.first.transition(at, from, to, source);
    this.second.transition(at, from, to, source);
  }
}

/** Nobody counted the flaps of an hour of which nothing is known. */
const flapsOf = ({ upMs, downMs, flaps }: StateTally): number | null => (upMs + downMs + flaps === 0 ? null : flaps);

const trafficOf = (rx: Tally, tx: Tally, bandwidth: Bandwidth) => {
  const bytes = {
    rxBytes: rx.coveredMs === 0 ? null : rx.bytes,
    txBytes: tx.coveredMs === 0 ? null : tx.bytes,
    coveredMs: Math.max(rx.coveredMs, tx.coveredMs),
    peakRxBps: rx.coveredMs === 0 ? null : rx.peakBps,
    peakTxBps: tx.coveredMs === 0 ? null : tx.peakBps,
    counterReset: rx.hasReset || tx.hasReset,
  };
  return { ...bytes, utilizationPct: utilizationOf(bytes, bandwidth), peakUtilizationPct: peakUtilizationOf(bytes, bandwidth) };
};

const NO_SPEED: Bandwidth = { downMbps: null, upMbps: null, source: null };

/** The last resort for a bandwidth: link speed of the latest poll at or before an hour's end, else of the first after it. */
class LinkSpeed {
  private next = 0;
  private mbps: number | null = null;

  constructor(private readonly polls: readonly PortSample[]) {}

  until(end: EpochMs): Bandwidth {
    for (; this.next < this.polls.length; this.next++) {
      const poll = this.polls[this.next];
      if (poll === undefined || (poll.at > end && this.mbps !== null)) break;
      if (poll.speedMbps === null || poll.speedMbps <= 0) continue;
      if (poll.at > end) return asLinkSpeed(poll.speedMbps);
      this.mbps = poll.speedMbps;
    }
    return this.mbps === null ? NO_SPEED : asLinkSpeed(this.mbps);
  }
}

const asLinkSpeed = (mbps: number): Bandwidth => ({ downMbps: mbps, upMbps: mbps, source: 'link_speed' });

/** Hours that a new sample touches: every hour from its predecessor's to its successor's. */
export const splitTouchedHours = (at: EpochMs, prevAt: EpochMs | null, nextAt: EpochMs | null): EpochMs[] =>
  hoursBetween(prevAt ?? at, hourOf(nextAt ?? at) + HOUR_MS);

/** Of two samples of one instant the later received wins, then the one with more received bytes. */
export const preferredSample = (a: PortSample, b: PortSample): PortSample => {
  if (a.receivedAt !== b.receivedAt) return a.receivedAt > b.receivedAt ? a : b;
  return (a.rxBytes ?? -1) >= (b.rxBytes ?? -1) ? a : b;
};

/** Polls in any order, with repeats, as `CircuitInput` wants them: ascending, one per instant. */
export const onePerInstant = (polls: readonly PortSample[]): PortSample[] => {
  const byInstant = new Map<EpochMs, PortSample>();
  for (const poll of polls) {
    const other = byInstant.get(poll.at);
    byInstant.set(poll.at, other === undefined ? poll : preferredSample(other, poll));
  }
  return [...byInstant.values()].sort((a, b) => a.at - b.at);
};
