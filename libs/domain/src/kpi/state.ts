import type { EpochMs, PortEvent, PortSample, PortState, Span } from '../sample.js';
import { isInside, mergeSpans } from '../time/spans.js';
import type { CircuitInput, FactSettings } from './input.js';

export type TransitionSource = 'event' | 'poll' | 'last_flapped';

/** What of a poll tells a state; a path has neither an administrative state nor a time of its last change. */
type StatePoll = Pick<PortSample, 'at' | 'up'> & Partial<Pick<PortSample, 'disabled' | 'lastFlappedAt'>>;

/** Observations of a circuit or a path that tell its state. */
export interface StateInput extends Omit<CircuitInput, 'polls' | 'paths'> {
  readonly polls: readonly StatePoll[];
}

/** Receives what is known of a circuit's state, in ascending time. */
export interface StateSink {
  known(from: EpochMs, to: EpochMs, state: PortState): void;
  transition(at: EpochMs, from: PortState, to: PortState, source: TransitionSource): void;
}

const opposite = (state: PortState): PortState => (state === 'up' ? 'down' : 'up');

/** Walks polls and events of one circuit in time (events first where they meet) and tells the sink its states and transitions. */
class StateWalk {
  private readonly cutOffs: readonly Span[];
  private readonly blind: readonly Span[];
  private readonly cutOffState: PortState | null;
  /** Last known state, however old; transitions are counted against it. */
  private lastState: PortState | null = null;
  private lastObservedAt = -Infinity;
  /** Who told the last known state, when it still holds. */
  private heldBy: 'event' | 'poll' | null = null;
  private lastEvent: PortEvent | null = null;
  private lastPoll: StatePoll | null = null;
  private hasEventSincePoll = false;

  constructor(
    private readonly input: StateInput,
    private readonly settings: FactSettings,
    private readonly sink: StateSink,
  ) {
    this.cutOffs = mergeSpans(input.cutOffs);
    this.blind = mergeSpans(input.blind);
    this.cutOffState = settings.disconnectedCountsAs === 'down' ? 'down' : null;
    if (input.prior !== null) this.begin(input.prior);
  }

  run(): void {
    const { polls, events } = this.input;
    let nextEvent = 0;
    for (const poll of polls) {
      while ((events[nextEvent]?.at ?? Infinity) <= poll.at) nextEvent = this.takeEventsAt(nextEvent);
      this.takePoll(poll);
    }
    while (nextEvent < events.length) nextEvent = this.takeEventsAt(nextEvent);
    this.settle(Infinity, Infinity);
  }

  private begin({ state, at, source }: NonNullable<CircuitInput['prior']>): void {
    this.lastState = state;
    this.lastObservedAt = at;
    if (source === undefined) return;
    this.heldBy = source;
    if (source === 'event') this.lastEvent = { at, state };
  }

  /** Repeats count once; a port that goes both ways in one instant bounced and ends where it was. */
  private takeEventsAt(first: number): number {
    const { events } = this.input;
    const at = events[first]?.at ?? 0;
    let [isUp, isDown, next] = [false, false, first];
    for (; events[next]?.at === at; next++) {
      if (events[next]?.state === 'up') isUp = true;
      else isDown = true;
    }
    const bounce = isUp && isDown ? opposite(this.lastState ?? 'up') : null;
    if (bounce !== null) this.takeEvent(at, bounce);
    this.takeEvent(at, bounce === null ? (isUp ? 'up' : 'down') : opposite(bounce));
    return next;
  }

  private takeEvent(at: EpochMs, state: PortState): void {
    this.settle(at, Infinity);
    if (this.lastState !== null && this.lastState !== state) this.sink.transition(at, this.lastState, state, 'event');
    this.lastEvent = { at, state };
    this.hasEventSincePoll = true;
    this.hold(at, state, 'event');
  }

  private takePoll(poll: StatePoll): void {
    if (poll.up === null || poll.disabled === true) return;
    if (this.cutOffs.length > 0 && isInside(this.cutOffs, poll.at)) return;
    const state = poll.up ? 'up' : 'down';
    const event = this.lastEvent;
    if (event !== null && event.state !== state && poll.at - event.at < this.settings.contradictMs) return;
    this.settle(poll.at, state === 'down' ? this.downSince(poll) : Infinity);
    if (this.lastState !== null && this.lastState !== state) this.sink.transition(poll.at, this.lastState, state, 'poll');
    else this.countUnseenFlap(poll, state);
    this.lastPoll = poll;
    this.hasEventSincePoll = false;
    this.hold(poll.at, state, 'poll');
  }

  private hold(at: EpochMs, state: PortState, by: 'event' | 'poll'): void {
    this.lastState = state;
    this.lastObservedAt = at;
    this.heldBy = by;
  }

  /** `last_flapped` moved between two polls of one state with no event between: there and back again. */
  private countUnseenFlap(poll: StatePoll, state: PortState): void {
    const last = this.lastPoll;
    if (last === null || this.hasEventSincePoll || last.up !== poll.up) return;
    const flappedAt = poll.lastFlappedAt ?? null;
    if (last.lastFlappedAt == null || flappedAt === null || flappedAt <= last.lastFlappedAt) return;
    const at = Math.min(poll.at, Math.max(last.at + 1, flappedAt));
    this.sink.transition(at, state, opposite(state), 'last_flapped');
    this.sink.transition(at, opposite(state), state, 'last_flapped');
  }

  /** First poll after a cut-off that is down with `last_flapped` before it: the port was down inside the cut-off since then. */
  private downSince(poll: StatePoll): EpochMs {
    const flappedAt = poll.lastFlappedAt ?? null;
    if (flappedAt === null || flappedAt >= poll.at) return Infinity;
    const lastPollAt = this.lastPoll?.at ?? -Infinity;
    const cutOff = this.cutOffs.find((span) => span.to > lastPollAt && span.to <= poll.at);
    return cutOff === undefined ? Infinity : Math.max(flappedAt, cutOff.from, this.lastObservedAt);
  }

  /** Tells everything from the held observation to the next one; from `downFrom` on the next one proves it down. */
  private settle(until: EpochMs, downFrom: EpochMs): void {
    const end = Math.min(until, downFrom);
    const { lastObservedAt: at, lastState } = this;
    if (this.heldBy === null || lastState === null) this.tell(-Infinity, end, null, false);
    else if (this.heldBy === 'event') this.tellEvent(at, lastState, end);
    else {
      const holdEnd = Math.min(end, at + this.settings.maxGapMs);
      this.tell(at, holdEnd, lastState, false);
      if (this.cutOffState !== null) this.tell(holdEnd, end, null, false);
    }
    if (downFrom < until) this.emit(downFrom, until, 'down');
  }

  /** An event holds to the next observation, except while nobody was looking. A down event inside a cut-off holds through it. */
  private tellEvent(at: EpochMs, state: PortState, end: EpochMs): void {
    const holdsThrough = state === 'down' && this.cutOffs.length > 0 && isInside(this.cutOffs, at);
    let from = at;
    for (const { from: blindFrom, to: blindTo } of this.blind) {
      if (blindTo <= from) continue;
      if (blindFrom >= end) break;
      this.tell(from, blindFrom, state, holdsThrough);
      this.tell(Math.max(from, blindFrom), Math.min(blindTo, end), null, false);
      from = blindTo;
    }
    this.tell(from, end, state, holdsThrough);
  }

  /** Tells `[from, to)` as `state` (null: unknown), with the cut-offs in it as the setting says. */
  private tell(from: EpochMs, to: EpochMs, state: PortState | null, holdsThrough: boolean): void {
    let start = from;
    for (const cutOff of this.cutOffs) {
      if (cutOff.to <= start) continue;
      if (cutOff.from >= to) break;
      this.emit(start, Math.min(cutOff.from, to), state);
      this.emit(Math.max(start, cutOff.from), Math.min(cutOff.to, to), holdsThrough ? state : this.cutOffState);
      start = cutOff.to;
    }
    this.emit(start, to, state);
  }

  private emit(from: EpochMs, to: EpochMs, state: PortState | null): void {
    const end = Math.min(to, this.input.holdUntil);
    if (state !== null && from < end) this.sink.known(from, end, state);
  }
}

/** Tells the sink all known states and transitions of the circuit, ascending. */
export const walkStates = (input: StateInput, settings: FactSettings, sink: StateSink): void =>
  new StateWalk(input, settings, sink).run();
