import { liveEventsAfter, type Database, type LivePlace, type PlacedEvent } from '@app/shared';
import { commentText, eventBytes, heartbeatText, isAsked, readyText, resetText, type EventFilter } from './event-text.js';
import type { LiveStream } from './live-stream.js';
import type { LiveListening, OrgFeed } from './org-feed.js';

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

  /** Tells what was missed, then listens. */
  async catchUp(): Promise<void> {
    const { feed } = this.subscribing;
    while (this.place.position < feed.head.position) {
      const events = await liveEventsAfter(this.database, feed.orgId, this.place.position, PAGE);
      if (events[0]?.position !== this.place.position + 1) {
        // Dropped while it was read.
        this.place = feed.head;
        this.stream.tell(resetText(this.place, 'too-old'));
      }
      for (const event of events) {
        this.hear(event, eventBytes(event));
        await this.stream.wanted();
        if (this.stream.isOver) return;
      }
    }
    // Nothing is awaited between the last look at the head and this, so that no event falls between.
    feed.listeners.add(this);
    this.isLive = true;
    this.stream.tell(readyText(this.place));
  }

  hear(event: PlacedEvent, bytes: () => Buffer): void {
    // What another process gave a place was read here before the feed told it.
    if (event.position <= this.place.position) return;
    this.place = { position: event.position, mark: event.mark };
    if (isAsked(event, this.subscribing.filter)) this.stream.tell(bytes());
  }

  lose(): void {
    this.stream.finish(commentText('the order of events began anew; connect again'));
  }

  beat(): void {
    if (this.isLive) this.stream.tell(heartbeatText(this.place));
    this.stream.beat();
  }

  end(why: string): void {
    this.stream.finish(commentText(why));
  }
}
