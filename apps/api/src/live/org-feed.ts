import { setImmediate as otherWork } from 'node:timers/promises';
import { followOn, liveEventsAfter, liveHead, type Database, type LivePlace, type PlacedEvent } from '@app/shared';
import { toldEvent, type ToldEvent } from './event-text.js';

/** Somebody who hears every event of an org, in its order. */
export interface LiveListening {
  /** What follows the place at which it began to listen, or that it heard last. */
  hear(told: readonly ToldEvent[]): void;
  /** Places are others than they were: the database was put back, or events were dropped before they could be told. */
  lose(): void;
}

/** So few that a reader who keeps up has room for all of them. */
const PAGE = 100;
/** So many hear it before others have their turn: hundreds of streams must not hold up every request of the process. */
const LISTENERS_A_TURN = 25;

export const isSamePlace = (one: LivePlace, other: LivePlace): boolean =>
  one.position === other.position && one.mark === other.mark;

/** Reads the events of one org once for everybody who hears them in this process. */
export class OrgFeed {
  readonly listeners = new Set<LiveListening>();
  private place: LivePlace | null = null;
  private reading: Promise<void> | null = null;
  private isAskedAgain = false;

  constructor(
    private readonly database: Database,
    readonly orgId: number,
  ) {}

  /** The newest event that everybody was told, or is being told. */
  get head(): LivePlace {
    if (this.place === null) throw new Error('The feed was not read yet.');
    return this.place;
  }

  /** Tells what was committed until now. Who asks while it is read is answered by one reading more. */
  advance(): Promise<void> {
    this.isAskedAgain = this.reading !== null;
    return (this.reading ??= this.read());
  }

  private async read(): Promise<void> {
    try {
      do {
        this.isAskedAgain = false;
        const head = await liveHead(this.database, this.orgId);
        this.place ??= head;
        if (!(await this.tellUntil(head))) this.begin(head);
      } while (this.isAskedAgain);
    } finally {
      // At once after the last look, so that nobody asks in between and is not heard.
      this.reading = null;
    }
  }

  /** Returns whether every event was there, and each followed the one before. */
  private async tellUntil(head: LivePlace): Promise<boolean> {
    if (this.head.position >= head.position) return isSamePlace(this.head, head);
    // It may come further than the head that was looked at: others give places meanwhile.
    while (this.head.position < head.position) {
      const events = await liveEventsAfter(this.database, this.orgId, this.head.position, PAGE);
      if (!followOn(events, this.head)) return false;
      await this.tell(events);
    }
    return true;
  }

  private async tell(events: readonly PlacedEvent[]): Promise<void> {
    const told = events.map(toldEvent);
    const listeners = [...this.listeners];
    // In one step with the list: whoever begins to listen while others hear these has read them itself.
    this.place = events.at(-1) ?? this.place;
    for (let from = 0; from < listeners.length; from += LISTENERS_A_TURN) {
      if (from > 0) await otherWork();
      for (const listener of listeners.slice(from, from + LISTENERS_A_TURN)) listener.hear(told);
    }
  }

  private begin(head: LivePlace): void {
    this.place = head;
    for (const listener of this.listeners) listener.lose();
  }
}
