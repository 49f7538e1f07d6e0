import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Database, JobPublisher, type QueueConnection } from '@app/shared';
import { nextTarget, type Hits } from './boundary.js';
import { configurationOf } from './configuration.js';
import { Director } from './director.js';
import { Ledger } from './ledger.js';
import { Notes } from './notes.js';
import { Notifiers, type Death } from './notifiers.js';
import { seeded } from './random.js';
import { startReceivers, type Mood } from './receivers.js';
import { AlertStream } from './stream.js';
import { arrivedOf, judge, type Verdict } from './verdict.js';

const START = Date.UTC(2026, 2, 2, 12);
const DAY_MS = 86_400_000;
/** A claim on a delivery lasts two minutes of the play, so ten seconds of the machine: longer than any attempt of one that lives. */
const PACE = 12;
const CLAIM_MS = 120_000;
const TICK_MS = 250;
/** The play's time stands still while the machine does. */
const LONGEST_TICK_MS = 1_000;
const SLOTS = 2;
/** Boundaries that one passes at most before it dies at no particular moment, and how long after the last of them. */
const MOST_PASSINGS = 100;
const LONGEST_MOMENT_MS = 60;
/** Findings that are explained. */
const EXAMPLES = 8;
const PATIENCE_MS = 120_000;
/** How far the end looks ahead: beyond the digest of the next day. */
const LONGEST_REST_MS = 3 * DAY_MS;
const LIKELY = { losesAnswer: 0.1, refuses: 0.05, diesAtBoundary: 0.65, emptiesQueue: 0.01, cutsConnection: 0.05 } as const;

export interface ChaosPlace {
  readonly databaseUrl: string;
  readonly queue: QueueConnection;
  /** All variables of a service's process: those that lead it to these servers, and what it inherits. */
  readonly variables: Readonly<Record<string, string>>;
  /** Empties the queue as a Redis that lost its memory would. */
  readonly emptyQueue: () => Promise<void>;
  readonly log: (line: string) => void;
}

export interface ChaosOptions {
  readonly kills: number;
  readonly seed: number;
  /** How many sites are down at once. */
  readonly openStories: number;
}

export interface ChaosResult extends Verdict {
  readonly kills: number;
  /** Expected notices that had come before the last notifier was killed. */
  readonly underFire: number;
  readonly stories: number;
  readonly answersLost: number;
  readonly queueEmptied: number;
  readonly connectionsCut: number;
  /** What notifiers said that ended by themselves. */
  readonly crashes: readonly string[];
  readonly boundaries: ReadonlyMap<string, Hits>;
}

/** Notifiers die by the hundred, receivers lose answers, the queue its memory; what people got in the end is counted. */
export async function playChaos(place: ChaosPlace, options: ChaosOptions): Promise<ChaosResult> {
  const folder = await mkdtemp(join(tmpdir(), 'mistwatch-chaos-'));
  const database = new Database({ url: place.databaseUrl, poolSize: 4, applicationName: 'mistwatch-chaos' });
  const publisher = new JobPublisher(place.queue);
  const chaos = new Chaos(place, options, { folder, stream: await AlertStream.start(database, publisher) });
  try {
    return await chaos.play();
  } finally {
    await chaos.stop();
    await publisher.close();
    await database.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Parts {
  readonly folder: string;
  readonly stream: AlertStream;
}

class Chaos {
  private readonly random: () => number;
  private readonly ledger = new Ledger();
  private readonly director: Director;
  private readonly notes: Notes;
  private readonly notifiers: Notifiers;
  private readonly crashes: string[] = [];
  private now = START;
  private isCalm = false;
  private started = 0;
  private kills = 0;
  private emptied = 0;
  private cut = 0;
  private closeReceivers = async (): Promise<void> => undefined;

  constructor(
    private readonly place: ChaosPlace,
    private readonly options: ChaosOptions,
    private readonly parts: Parts,
  ) {
    const { folder, stream } = parts;
    this.random = seeded(options.seed);
    this.director = new Director(stream, this.ledger, this.random);
    this.notes = new Notes(join(folder, 'notes'));
    const variables = {
      ...place.variables,
      CONFIG_FILE: join(folder, 'mistwatch.yaml'),
      CLOCK_FILE: join(folder, 'clock'),
      LOG_LEVEL: 'info',
      HEALTH_PORT: '0',
      DATABASE_POOL_SIZE: '5',
      SHUTDOWN_GRACE_SECONDS: '2',
    };
    this.notifiers = new Notifiers(variables, this.notes);
  }

  async play(): Promise<ChaosResult> {
    const { folder, stream } = this.parts;
    const receivers = await startReceivers({
      mood: () => this.mood(),
      statusOf: (heard) => stream.statusOf(heard),
      now: () => this.now,
      ledger: this.ledger,
    });
    this.closeReceivers = () => receivers.close();
    await writeFile(join(folder, 'mistwatch.yaml'), configurationOf(receivers));
    await writeFile(this.notes.file, '');
    await this.setTime(START);
    await this.underFire();
    const boundaries = this.notes.boundaries();
    const arrived = arrivedOf(this.director.stories, this.ledger);
    await this.comeToRest();
    const result = this.result(boundaries, arrived);
    await this.explain(result);
    return result;
  }

  async stop(): Promise<void> {
    await this.notifiers.killAll();
    await this.closeReceivers();
  }

  private result(boundaries: ReadonlyMap<string, Hits>, underFire: number): ChaosResult {
    const { stories } = this.director;
    const verdict = judge(stories, this.ledger, ({ port, at }, by) => this.notifiers.diedBeforeNoting(port, { spokeAt: at, by }));
    return {
      ...verdict,
      kills: this.kills,
      underFire,
      stories: stories.length,
      answersLost: this.ledger.receipts.filter(({ isAnswerLost }) => isAnswerLost).length,
      queueEmptied: this.emptied,
      connectionsCut: this.cut,
      crashes: this.crashes,
      boundaries,
    };
  }

  private async explain({ examples }: Verdict): Promise<void> {
    for (const example of examples.slice(0, EXAMPLES)) {
      const site = /Site-\d+/.exec(example)?.[0] ?? '';
      this.place.log(`${example}\n  ${await this.parts.stream.traceOf(site)}`);
    }
  }

  private mood(): Mood {
    const drawn = this.random();
    if (this.isCalm || drawn > LIKELY.losesAnswer + LIKELY.refuses) return 'answers';
    return drawn > LIKELY.losesAnswer ? 'refuses' : 'loses-answer';
  }

  /** Notifiers live and die beside each other while time passes and things happen. */
  private async underFire(): Promise<void> {
    let isOver = false;
    const slots = Promise.all(Array.from({ length: SLOTS }, () => this.slot())).finally(() => (isOver = true));
    let last = performance.now();
    while (!isOver) {
      await this.disturb();
      await Promise.race([slots, pause(TICK_MS)]);
      const passedMs = Math.min(performance.now() - last, LONGEST_TICK_MS);
      last = performance.now();
      await this.setTime(this.now + Math.round(passedMs * PACE));
    }
    await slots;
  }

  private async slot(): Promise<void> {
    while (this.started < this.options.kills) {
      this.started += 1;
      const { ended } = await this.notifiers.start(this.death());
      const { crash } = await ended;
      if (crash === null) this.kills += 1;
      else {
        this.crashes.push(crash);
        this.started -= 1;
      }
      if (this.kills % 10 === 0)
        this.place.log(
          `  ${this.kills} kills, ${this.director.stories.length} sites fell, ${this.ledger.receipts.length} notices`,
        );
    }
  }

  private death(): Death {
    const target = this.random() < LIKELY.diesAtBoundary ? nextTarget(this.notes.boundaries(), this.random) : null;
    return (
      target ?? {
        passings: 1 + Math.floor(this.random() * MOST_PASSINGS),
        thenMs: Math.floor(this.random() * LONGEST_MOMENT_MS),
      }
    );
  }

  /** What goes on while they die: sites fall and go their way, the sweep comes, connections break, and now and then the queue forgets everything. */
  private async disturb(): Promise<void> {
    const { stream } = this.parts;
    if (this.director.open < this.options.openStories) await this.director.begin(this.now);
    await this.director.act(this.now);
    await stream.sweep();
    if (this.random() < LIKELY.cutsConnection) this.cut += await stream.cutConnection();
    if (this.random() < LIKELY.emptiesQueue) await this.emptyQueue();
  }

  private async emptyQueue(): Promise<void> {
    await this.place.emptyQueue();
    this.emptied += 1;
  }

  /** One notifier that nobody kills sends what is left. First by its own schedule alone, which the queue has forgotten too. */
  private async comeToRest(): Promise<void> {
    this.isCalm = true;
    await this.setTime(this.now + CLAIM_MS + 1);
    await this.emptyQueue();
    await this.notifiers.start(null);
    await this.settled({ isSwept: false });
    const latest = this.now + LONGEST_REST_MS;
    for (;;) {
      while ((await this.director.act(this.now)) > 0) await this.settled();
      const { next } = await this.parts.stream.waiting(this.now);
      if (next !== null && next <= latest) await this.setTime(next);
      else if (this.director.open > 0) await this.director.endAll(this.now);
      else return;
      await this.settled();
    }
  }

  /** Nothing is under way, and nothing is due at this time. */
  private async settled({ isSwept }: { readonly isSwept: boolean } = { isSwept: true }): Promise<void> {
    const { stream } = this.parts;
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      if (isSwept) await stream.sweep();
      const { due } = await stream.waiting(this.now);
      if (due === 0) return;
      if (performance.now() > deadline) throw new Error(`${due} notices are due and nobody sends them.`);
      await pause(TICK_MS);
    }
  }

  private async setTime(at: number): Promise<void> {
    this.now = at;
    const file = join(this.parts.folder, 'clock');
    await writeFile(`${file}.new`, String(at));
    await rename(`${file}.new`, file);
  }
}
