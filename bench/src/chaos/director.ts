import type { Ledger } from './ledger.js';
import { expectedOf, STORY_KINDS, type Story } from './stories.js';
import type { AlertStream } from './stream.js';

interface Running {
  readonly story: Story;
  /** What had to happen in the middle has happened. */
  isTurned: boolean;
  isOver: boolean;
}

const MINUTE = 60_000;
const LONGEST_SILENCE_MS = 3 * MINUTE;
/** What ends by itself does so at the latest this long after it was decided to be told. */
const LONGEST_OUTAGE_MS = 2 * MINUTE;

/** Lets sites fall, and each go its way: taken, worse, over. Nothing of it depends on what notifiers say of themselves. */
export class Director {
  private readonly running: Running[] = [];

  constructor(
    private readonly stream: AlertStream,
    private readonly ledger: Ledger,
    private readonly random: () => number,
  ) {}

  get stories(): Story[] {
    return this.running.map(({ story }) => story);
  }

  /** How many go on. */
  get open(): number {
    return this.running.filter(({ isOver }) => !isOver).length;
  }

  async begin(now: number): Promise<void> {
    const kind = STORY_KINDS[this.running.length % STORY_KINDS.length] ?? 'plain';
    const silentUntil = kind === 'silenced' ? now + MINUTE + Math.floor(this.random() * (LONGEST_SILENCE_MS - MINUTE)) : null;
    this.running.push({ story: await this.stream.fire(kind, now, silentUntil), isTurned: false, isOver: false });
  }

  /** Whatever can happen next happens. Returns to how many. */
  async act(now: number): Promise<number> {
    const open = this.running.filter(({ isOver }) => !isOver);
    const decided = await this.stream.decided();
    const taken = open.filter(({ story, isTurned }) => story.kind === 'taken' && !isTurned && decided.has(story.siteId));
    for (const { story } of taken) await this.stream.take(decided.get(story.siteId) ?? 0, now);
    const worse = open.filter(({ story, isTurned }) => story.kind === 'worsening' && !isTurned && decided.has(story.siteId));
    await this.stream.worsen(idsOf(worse), now);
    for (const one of [...taken, ...worse]) one.isTurned = true;
    const ended = open.filter(({ story }) => this.ends(story, decided.has(story.siteId), now));
    await this.end(ended, now);
    return taken.length + worse.length + ended.length;
  }

  /** What never came to its end because something was lost ends all the same. */
  async endAll(now: number): Promise<void> {
    await this.end(
      this.running.filter(({ isOver }) => !isOver),
      now,
    );
  }

  private async end(ended: readonly Running[], now: number): Promise<void> {
    await this.stream.resolve(idsOf(ended), now);
    for (const one of ended) one.isOver = true;
  }

  /** A plain outage ends whether or not anybody has got the notice; the others once all was said. */
  private ends({ kind, site, firedAt }: Story, isDecided: boolean, now: number): boolean {
    if (kind === 'plain') return isDecided && (now - firedAt > LONGEST_OUTAGE_MS || this.random() < 0.02);
    return expectedOf({ kind, site })
      .filter(({ key }) => !key.endsWith(' over'))
      .every(({ key, count }) => this.ledger.countOf(key) >= count);
  }
}

const idsOf = (running: readonly Running[]): number[] => running.map(({ story }) => story.siteId);
