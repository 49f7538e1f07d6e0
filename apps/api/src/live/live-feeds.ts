import { AsyncResource } from 'node:async_hooks';
import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { canResume, Database, LiveListener, METRICS, type LivePlace } from '@app/shared';
import { Gauge, type Registry } from 'prom-client';
import { problem } from '../http/problem.js';
import { API_SETTINGS, type ApiSettings } from '../settings.js';
import { resetText, retryText, type EventFilter } from './event-text.js';
import { LiveStream } from './live-stream.js';
import { LiveSubscription } from './live-subscription.js';
import { OrgFeed } from './org-feed.js';

export interface AskedStream {
  readonly orgId: number;
  readonly filter: EventFilter;
  /** Where to go on; `unknown` = after an id that is none of ours, `null` = with what comes. */
  readonly after: LivePlace | 'unknown' | null;
}

/** Time after which a client that lost its stream connects again; not all at the same moment when a process stops. */
const RETRY_MS = { least: 1_000, most: 4_000 };
const retryMs = (): number => Math.round(RETRY_MS.least + Math.random() * (RETRY_MS.most - RETRY_MS.least));

/** All live streams of this process, and what feeds them: one reader for each org that somebody watches. */
@Injectable()
export class LiveFeeds implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(LiveFeeds.name);
  /** What reads for everybody belongs to no request, and must not see the data as the one does that came first. */
  private readonly outside = new AsyncResource('LiveFeeds');
  private readonly feeds = new Map<number, { readonly feed: OrgFeed; streams: number }>();
  private readonly open = new Set<LiveSubscription>();
  private listener: LiveListener | null = null;
  private timers: NodeJS.Timeout[] = [];
  private isClosing = false;

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(API_SETTINGS) private readonly settings: ApiSettings,
    @Inject(METRICS) private readonly registry: Registry,
  ) {}

  onModuleInit(): void {
    const gauge: Gauge = new Gauge({
      name: 'mistwatch_live_streams',
      help: 'Live streams of events that are open',
      registers: [this.registry],
      collect: () => gauge.set(this.open.size),
    });
  }

  /** Streams end well, so that their clients go on with another process at once. */
  async onModuleDestroy(): Promise<void> {
    this.isClosing = true;
    for (const timer of this.timers) clearInterval(timer);
    for (const subscription of this.open) subscription.end('the service stops; connect again');
    await this.listener?.stop();
  }

  /** Opens a stream; what goes wrong before its first word is told as a problem. */
  async begin({ orgId, filter, after }: AskedStream): Promise<LiveStream> {
    if (this.isClosing) throw problem('unavailable', { headers: { 'retry-after': '1' } });
    this.wakeUp();
    const { feed, leave } = this.join(orgId);
    try {
      await this.outside.runInAsyncScope(() => feed.advance());
      const isKnown = after === null || (after !== 'unknown' && (await canResume(this.database, orgId, after)));
      const from = isKnown ? (after ?? feed.head) : feed.head;
      const stream = new LiveStream();
      stream.tell(retryText(retryMs()));
      if (!isKnown)
        stream.tell(resetText(from, after !== 'unknown' && after.position < from.position ? 'too-old' : 'unknown-id'));
      this.serve(stream, new LiveSubscription(this.database, stream, { feed, filter, from }), leave);
      return stream;
    } catch (error) {
      leave();
      throw error;
    }
  }

  private serve(stream: LiveStream, subscription: LiveSubscription, leave: () => void): void {
    this.open.add(subscription);
    stream.once('close', () => {
      this.open.delete(subscription);
      leave();
    });
    // Its end is no news: readers come and go.
    stream.on('error', (error) => this.logger.debug({ message: 'A live stream was closed', why: error.message }));
    this.outside
      .runInAsyncScope(() => subscription.catchUp())
      .catch((error: unknown) => stream.destroy(error instanceof Error ? error : new Error(String(error))));
  }

  private join(orgId: number): { feed: OrgFeed; leave: () => void } {
    const known = this.feeds.get(orgId) ?? { feed: new OrgFeed(this.database, orgId), streams: 0 };
    known.streams += 1;
    this.feeds.set(orgId, known);
    const leave = (): void => {
      known.streams -= 1;
      if (known.streams === 0) this.feeds.delete(orgId);
    };
    return { feed: known.feed, leave };
  }

  /** Begins to listen with the first stream: most processes never have one. */
  private wakeUp(): void {
    if (this.listener !== null) return;
    this.outside.runInAsyncScope(() => {
      const { pollMs, heartbeatMs } = this.settings.live;
      this.listener = new LiveListener({
        database: this.database,
        onEvent: (orgId) => this.advance(orgId),
        onLost: (error) => this.logger.warn({ message: 'Events are looked for, not heard of, until Postgres is back', error }),
      });
      void this.listener.start();
      const poll = (): void => [...this.feeds.keys()].forEach((orgId) => this.advance(orgId));
      this.timers = [setInterval(poll, pollMs), setInterval(() => this.beat(), heartbeatMs)];
      for (const timer of this.timers) timer.unref();
    });
  }

  private advance(orgId: number): void {
    this.feeds
      .get(orgId)
      ?.feed.advance()
      .catch((error: unknown) => this.logger.warn({ message: 'Live events could not be read; they are tried again', error }));
  }

  private beat(): void {
    for (const subscription of this.open) subscription.beat();
  }
}
