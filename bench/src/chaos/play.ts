import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database, JobPublisher, type QueueConnection } from '@app/shared';
import { gone, Notifiers, type Death } from './notifiers.js';
import { seeded } from './random.js';
import { startReceivers, type Receivers } from './receivers.js';
import { AlertStream } from './stream.js';
import { judge, type Verdict } from './verdict.js';

const START = Date.UTC(2026, 2, 2, 12);
const MINUTE = 60_000;
/** Longer than a claim on a delivery lasts; nobody lives who could hold one. */
const EPOCH_MS = 3 * MINUTE;
const SLOTS = 2;
const KILLS_PER_EPOCH = 6;
const TICK_MS = 500;
const MOST_WRITES = 60;
const LONGEST_LIFE_MS = 2_000;
const ANSWERS_LOST = 0.12;
const PATIENCE_MS = 120_000;

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
}

export interface ChaosResult extends Verdict {
  readonly kills: number;
  readonly alerts: number;
  readonly answersLost: number;
  readonly queueEmptied: number;
}

/** Notifiers die by the hundred, receivers lose answers, the queue its memory; what people got in the end is counted. */
export async function playChaos(place: ChaosPlace, options: ChaosOptions): Promise<ChaosResult> {
  const folder = await mkdtemp(join(tmpdir(), 'mistwatch-chaos-'));
  const database = new Database({ url: place.databaseUrl, poolSize: 4, applicationName: 'mistwatch-chaos' });
  const publisher = new JobPublisher(place.queue);
  const random = seeded(options.seed);
  const stream = await AlertStream.start(database, publisher);
  let isCalm = false;
  const receivers = await startReceivers({
    losesAnswer: () => !isCalm && random() < ANSWERS_LOST,
    statusOf: (way, id) => stream.statusOf(way, id),
  });
  const chaos = new Chaos(place, { folder, random, stream, receivers, calm: () => void (isCalm = true) });
  try {
    return await chaos.play(options.kills);
  } finally {
    await chaos.stop();
    await receivers.close();
    await publisher.close();
    await database.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Parts {
  readonly folder: string;
  readonly random: () => number;
  readonly stream: AlertStream;
  readonly receivers: Receivers;
  /** From now on no answer is lost. */
  readonly calm: () => void;
}

class Chaos {
  private readonly notifiers: Notifiers;
  private now = START;
  private kills = 0;
  private emptied = 0;

  constructor(
    private readonly place: ChaosPlace,
    private readonly parts: Parts,
  ) {
    const { folder } = parts;
    const variables = {
      ...place.variables,
      CONFIG_FILE: join(folder, 'mistwatch.yaml'),
      CLOCK_FILE: join(folder, 'clock'),
      LOG_LEVEL: 'info',
      HEALTH_PORT: '0',
      DATABASE_POOL_SIZE: '5',
      SHUTDOWN_GRACE_SECONDS: '2',
    };
    this.notifiers = new Notifiers(variables, join(folder, 'ports'));
  }

  async play(kills: number): Promise<ChaosResult> {
    const { folder, receivers, stream } = this.parts;
    await writeFile(join(folder, 'mistwatch.yaml'), configurationOf(receivers));
    await writeFile(join(folder, 'ports'), '');
    await this.setTime(START);
    while (this.kills < kills) await this.epoch(Math.min(KILLS_PER_EPOCH, kills - this.kills));
    await this.comeToRest();
    const { receipts } = receivers;
    const verdict = judge(stream.alerts, receipts, ({ port, at }, by) => this.notifiers.diedBy(port, { spokeAt: at, by }));
    const answersLost = receipts.filter(({ isAnswerLost }) => isAnswerLost).length;
    return { kills: this.kills, alerts: stream.alerts, ...verdict, answersLost, queueEmptied: this.emptied };
  }

  async stop(): Promise<void> {
    await this.notifiers.killAll();
  }

  /** Some notifiers work and die; then everything is dead, and time passes until no claim of theirs holds. */
  private async epoch(kills: number): Promise<void> {
    const { stream, receivers } = this.parts;
    let left = kills;
    const slot = async (): Promise<void> => {
      while (left-- > 0) {
        await gone(await this.notifiers.start(this.death()));
        this.kills += 1;
      }
    };
    const slots = Promise.all(Array.from({ length: SLOTS }, slot));
    let isOver = false;
    const over = slots.finally(() => (isOver = true));
    while (!isOver) {
      await this.disturb();
      await Promise.race([over, new Promise((resolve) => setTimeout(resolve, TICK_MS))]);
    }
    await over;
    await this.setTime(this.now + EPOCH_MS);
    await stream.resolve(this.now - EPOCH_MS, this.now);
    this.place.log(`  ${this.kills} kills, ${stream.alerts} alerts, ${receivers.receipts.length} notices received`);
  }

  /** What goes on while they die: sites fall, the sweep comes, and now and then the queue forgets everything. */
  private async disturb(): Promise<void> {
    const { random, stream } = this.parts;
    for (let i = 0; i < 1 + random() * 3; i++) await stream.fire(this.now);
    await stream.sweep();
    if (random() > 0.1) return;
    await this.place.emptyQueue();
    this.emptied += 1;
  }

  private death(): Death {
    const { random } = this.parts;
    if (random() < 0.35) return { afterMs: Math.floor(random() * LONGEST_LIFE_MS) };
    return { write: 1 + Math.floor(random() * MOST_WRITES), when: random() < 0.5 ? 'before' : 'after' };
  }

  /** One notifier that nobody kills sends what is left; time passes only while nothing is under way. */
  private async comeToRest(): Promise<void> {
    const { stream } = this.parts;
    this.parts.calm();
    await this.setTime(this.now + EPOCH_MS);
    await this.notifiers.start(null);
    for (;;) {
      await this.settled();
      const firing = await stream.resolve(this.now, this.now);
      await this.settled();
      const { later } = await stream.waiting(this.now);
      if (firing === 0 && later === 0) return;
      // Longer than the longest pause between two attempts.
      await this.setTime(this.now + 31 * MINUTE);
    }
  }

  private async settled(): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      await this.parts.stream.sweep();
      const { due } = await this.parts.stream.waiting(this.now);
      if (due === 0) return;
      if (Date.now() > deadline) throw new Error(`${due} notices are due and nobody sends them.`);
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
  }

  private async setTime(at: number): Promise<void> {
    this.now = at;
    const file = join(this.parts.folder, 'clock');
    await writeFile(`${file}.new`, String(at));
    await rename(`${file}.new`, file);
  }
}

/** Every site is an incident of its own, so that each alert can be followed; nothing is told because of time alone. */
const configurationOf = ({ smtpPort, hookUrl }: Receivers): string =>
  JSON.stringify({
    alerts: {
      groupWaitSeconds: 0,
      groupIntervalSeconds: 1,
      repeatMinutes: 1_000_000,
      groupBy: { 'site-down': 'site' },
      outages: { minSites: 1_000_000 },
    },
    limits: { perDestinationPerHour: 10_000 },
    email: {
      smtpUrl: `smtp://127.0.0.1:${smtpPort}`,
      from: 'mistwatch@example.com',
      to: ['noc@example.com'],
      summaryReport: false,
    },
    channels: [
      {
        id: 'hook',
        type: 'webhook',
        url: hookUrl,
        secret: `whsec_${Buffer.alloc(32, 'k').toString('base64')}`,
        allowPrivate: true,
      },
    ],
  });
