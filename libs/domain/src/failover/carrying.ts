import type { FactSettings } from '../kpi/input.js';
import type { EpochMs, PathSample, PortSample, PortState } from '../sample.js';
import type { FailoverWhy } from './failover.js';

export type CarryingRules = Pick<FactSettings, 'maxGapMs' | 'contradictMs'>;

interface Counter {
  readonly at: EpochMs;
  readonly value: number;
}

/** What an observation did to the knowledge of a circuit. */
export type Taken = 'known' | 'nothing' | 'disabled';

/** Whether some path is active; `null` when the paths do not say. */
export const pathActivity = (paths: readonly PathSample[]): boolean | null => {
  if (paths.some(({ up, active }) => up !== false && active === true)) return true;
  return paths.length > 0 && paths.every(({ up, active }) => up === false || active !== null) ? false : null;
};

/** Follows one circuit in ascending time and tells whether it carries: up and active. All it knows is at most two gaps old. */
export class CarryingTracker {
  /** The newest observation of its state; `null`: none, or disabled. */
  private observedAt: EpochMs | null = null;
  private isUp = false;
  /** The newest instant at which it was down: older paths say nothing any more. */
  private downAt = -Infinity;
  /** What the port itself said of its activity: its flag, else its counters. */
  private own: { readonly at: EpochMs; readonly active: boolean } | null = null;
  private paths: { readonly at: EpochMs; readonly active: boolean | null } | null = null;
  private lastEvent: { readonly at: EpochMs; readonly state: PortState } | null = null;
  private rx: Counter | null = null;
  private tx: Counter | null = null;

  constructor(private readonly rules: CarryingRules) {}

  /** All paths of one instant. */
  takePaths(at: EpochMs, paths: readonly PathSample[]): void {
    this.paths = { at, active: pathActivity(paths) };
  }

  takeEvent(at: EpochMs, state: PortState): void {
    this.observe(at, state === 'up');
    this.lastEvent = { at, state };
  }

  takePoll(poll: PortSample): Taken {
    if (poll.disabled) {
      this.observedAt = null;
      this.lastEvent = null;
      return 'disabled';
    }
    const moved = this.takeCounters(poll);
    const { at, up } = poll;
    if (up === null || this.contradictsEvent(at, up)) return 'nothing';
    this.observe(at, up);
    if (!up) return 'known';
    const active = poll.active ?? moved;
    if (active !== null) this.own = { at, active };
    return active !== null || this.toldByPaths(at) !== null ? 'known' : 'nothing';
  }

  /** When the newest reading was taken, if it is young enough to count. */
  readAt(at: EpochMs): EpochMs | null {
    return this.observedAt !== null && this.isFresh(this.observedAt, at) ? this.observedAt : null;
  }

  /** `null`: nobody knows, for want of a reading or because the readings do not say. */
  carries(at: EpochMs): boolean | null {
    if (this.readAt(at) === null) return null;
    if (!this.isUp) return false;
    const told = this.toldByPaths(at);
    if (told !== null) return told;
    return this.own !== null && this.isFresh(this.own.at, at) ? this.own.active : null;
  }

  get why(): FailoverWhy {
    return this.isUp ? 'inactive' : 'down';
  }

  private isFresh(since: EpochMs, at: EpochMs): boolean {
    return at - since <= this.rules.maxGapMs;
  }

  private toldByPaths(at: EpochMs): boolean | null {
    const { paths } = this;
    return paths !== null && this.isFresh(paths.at, at) && paths.at > this.downAt ? paths.active : null;
  }

  /** A port that comes up may carry again, or not: what it did before it was down says nothing. */
  private observe(at: EpochMs, isUp: boolean): void {
    if (!isUp) this.own = null;
    if (!isUp) this.downAt = at;
    this.isUp = isUp;
    this.observedAt = at;
  }

  private contradictsEvent(at: EpochMs, up: boolean): boolean {
    const event = this.lastEvent;
    return event !== null && at - event.at < this.rules.contradictMs && (event.state === 'up') !== up;
  }

  /** Whether bytes moved since the readings before; a fall is a restart or a wrap, after which what is counted moved. */
  private takeCounters({ at, rxBytes, txBytes }: PortSample): boolean | null {
    const rx = this.moved(this.rx, at, rxBytes);
    const tx = this.moved(this.tx, at, txBytes);
    if (rxBytes !== null) this.rx = { at, value: rxBytes };
    if (txBytes !== null) this.tx = { at, value: txBytes };
    if (rx === null) return tx;
    return tx === null ? rx : rx || tx;
  }

  private moved(last: Counter | null, at: EpochMs, value: number | null): boolean | null {
    if (last === null || value === null || at - last.at > this.rules.maxGapMs) return null;
    return value > last.value || (value < last.value && value > 0);
  }
}
