import { followOn, liveEventsAfter, type Database, type LivePlace } from '@app/shared';
import { commentText, heartbeatText, isAsked, readyText, toldEvent, type EventFilter, type ToldEvent } from './event-text.js';
import type { LiveStream } from './live-stream.js';
import { isSamePlace, type LiveListening, type OrgFeed } from './org-feed.js';

const PAGE = 200;

export interface Subscribing {
  readonly feed: OrgFeed;
  readonly filter: EventFilter;
  /** Where it goes on. */
  readonly from: LivePlace;
}

/** One stream of the events of an org: first those it missed, as fast as its reader takes them, then each as it comes. */
export class LiveSubscription implements LiveListening {
  private place: LivePlace;
  private isLive = false;

  constructor(
    private readonly database: Database,
    private readonly stream: LiveStream,
    private readonly subscribing: Subscribing,
  ) {
    this.place = subscribing.from;
    stream.once('close', () => subscribing.feed.listeners.delete(this));
  }

  /** Tells what was missed, then listens: from exactly the place at which the feed stands. */
  async catchUp(): Promise<void> {
    const { feed } = this.subscribing;
    while (!isSamePlace(this.place, feed.head)) {
      // It may come back with an id that another process gave, and this feed did not read yet.
      if (this.place.position >= feed.head.position) await feed.advance();
      const isKnown =
        isSamePlace(this.place, feed.head) || (this.place.position < feed.head.position && (await this.tellMissed()));
      if (!isKnown) this.lose();
      if (this.stream.isOver) return;
    }
    // Nothing is awaited between the last look at the head and this, so that no event falls between.
    feed.listeners.add(this);
    this.isLive = true;
    this.stream.tell(readyText(this.place));
  }

  /** Returns whether what follows is there. */
  private async tellMissed(): Promise<boolean> {
    const { feed } = this.subscribing;
    const events = await liveEventsAfter(this.database, feed.orgId, this.place.position, PAGE);
    if (!followOn(events, this.place)) return false;
    for (const event of events) {
      // What comes after it the feed tells; else each would go past the other as long as much happens.
      if (event.position > feed.head.position) break;
      this.hear([toldEvent(event)]);
      await this.stream.wanted();
      if (this.stream.isOver) break;
    }
    return true;
  }

  hear(told: readonly ToldEvent[]): void {
    for (const { event, bytes } of told) {
      this.place = { position: event.position, mark: event.mark };
      if (isAsked(event, this.subscribing.filter)) this.stream.tell(bytes());
    }
  }

  /** A client that comes back with its id is told `reset`. */
  lose(): void {
    this.stream.finish(commentText('what follows is not known any more; connect again'));
  }

  beat(): void {
    if (this.isLive) this.stream.tell(heartbeatText(this.place));
    this.stream.beat();
  }

  end(why: string): void {
    this.stream.finish(commentText(why));
  }
}
