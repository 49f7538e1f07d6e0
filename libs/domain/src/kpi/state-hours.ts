import type { EpochMs, PortState } from '../sample.js';
import { HOUR_MS } from '../time/bucket.js';
import type { StateSink } from './state.js';

/** Time and transitions of one hour. */
export interface StateTally {
  upMs: number;
  downMs: number;
  flaps: number;
}

/** Shares known states and transitions out to ascending hours; a transition at exactly hh:00 belongs to the new hour. */
export class StateHours implements StateSink {
  readonly tallies: StateTally[] = [];
  private firstHour = 0;
  private transitionHour = 0;

  constructor(private readonly hours: readonly EpochMs[]) {
    for (let i = 0; i < hours.length; i++) this.tallies.push({ upMs: 0, downMs: 0, flaps: 0 });
  }

  known(from: EpochMs, to: EpochMs, state: PortState): void {
    const { hours } = this;
    while (this.firstHour < hours.length && (hours[this.firstHour] ?? 0) + HOUR_MS <= from) this.firstHour++;
    for (let i = this.firstHour; i < hours.length; i++) {
      const hour = hours[i] ?? 0;
      const tally = this.tallies[i];
      if (hour >= to || tally === undefined) return;
      const ms = Math.min(to, hour + HOUR_MS) - Math.max(from, hour);
      if (state === 'up') tally.upMs += ms;
      else tally.downMs += ms;
    }
  }

  transition(at: EpochMs): void {
    const { hours } = this;
    while (this.transitionHour < hours.length && (hours[this.transitionHour] ?? 0) + HOUR_MS <= at) this.transitionHour++;
    const tally = this.tallies[this.transitionHour];
    if (tally !== undefined && (hours[this.transitionHour] ?? Infinity) <= at) tally.flaps++;
  }
}
