import { liveEventsAfter, liveHead, type Database, type LivePlace, type PlacedEvent } from '@app/shared';
import { eventBytes } from './event-text.js';

/** Somebody who hears every event of an org, in its order. */
export interface LiveListening {
  /** `bytes` makes its text, once for all who tell it. */
  hear(event: PlacedEvent, bytes: () => Buffer): void;
  /** Places are others than they were: the database was put back, or events were dropped before they could be told. */
  lose(): void;
}

/** So few that a reader who keeps up has room for all of them. */
const PAGE = 100;

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

  /** The newest event that everybody was told. */
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
        const isSame = head.position > this.place.position || head.mark === this.place.mark;
        if (!isSame || !(await this.tellUntil(head))) this.begin(head);
      } while (this.isAskedAgain);
    } finally {
      // At once after the last look, so that nobody asks in between and is not heard.
      this.reading = null;
    }
  }

  /** Returns whether every event was there. */
  private async tellUntil(head: LivePlace): Promise<boolean> {
    while (this.head.position < head.position) {
      const { position } = this.head;
      const events = await liveEventsAfter(this.database, this.orgId, position, PAGE);
      if (events[0]?.position !== position + 1) return false;
      for (const event of events) {
        const bytes = eventBytes(event);
        for (const listener of this.listeners) listener.hear(event, bytes);
      }
      this.place = events.at(-1) ?? this.place;
    }
    return true;
  }

  private begin(head: LivePlace): void {
    this.place = head;
    for (const listener of this.listeners) listener.lose();
  }
}
