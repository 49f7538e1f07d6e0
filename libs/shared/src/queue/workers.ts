import type { QueueName } from './contracts.js';

interface BackoffSettings {
  /** Wait before the second attempt; doubles with each further one. */
  readonly firstMs: number;
  readonly maxMs: number;
  /** Share of the wait that is random, 0..1, so that jobs that failed together do not return together. */
  readonly jitter: number;
}

export interface QueueSettings {
  readonly attempts?: number;
  readonly backoff?: BackoffSettings;
  /** Jobs at once in one process. */
  readonly concurrency?: number;
  /** A job whose process has not renewed its lock for this long is given to another. */
  readonly lockDurationMs?: number;
  readonly stalledCheckMs?: number;
  /** How often a job may be taken over from a dead process before it is parked: a job that kills its process must stop some day. */
  readonly maxTakeovers?: number;
  /** Finished jobs kept in the queue. 0: the id is free again at once, so that a wake-up with a fixed id can be sent again. */
  readonly keepCompleted?: number;
  /** Failed jobs kept in the queue. 0: they live on as rows of `dead_job`. */
  readonly keepFailed?: number;
}

const PATIENT: BackoffSettings = { firstMs: 1_000, maxMs: 120_000, jitter: 0.5 };

/** Every queue's settings; total, so that a new queue does not compile without them. */
export const WORKERS: Readonly<Record<QueueName, Required<QueueSettings>>> = {
  // Waits mostly for Mist; a poll that failed for good is made again by its schedule.
  collect: {
    attempts: 4,
    backoff: { firstMs: 2_000, maxMs: 60_000, jitter: 0.5 },
    concurrency: 8,
    lockDurationMs: 60_000,
    stalledCheckMs: 15_000,
    maxTakeovers: 5,
    keepCompleted: 0,
    keepFailed: 0,
  },
  // Carries data that exists nowhere else: tries for about half an hour, which outlasts a restart of Postgres.
  ingest: {
    attempts: 20,
    backoff: PATIENT,
    concurrency: 4,
    lockDurationMs: 60_000,
    stalledCheckMs: 15_000,
    maxTakeovers: 5,
    keepCompleted: 0,
    keepFailed: 0,
  },
  analyze: {
    attempts: 10,
    backoff: PATIENT,
    concurrency: 2,
    lockDurationMs: 120_000,
    stalledCheckMs: 30_000,
    maxTakeovers: 5,
    keepCompleted: 0,
    keepFailed: 0,
  },
  // One organization at a time and process: a drain may take minutes after an import, and its schedule comes again soon. It uses four connections,
  // one for its lock and three to fold, of a pool that also serves ingest, inbox and analyze. It alone waits for a connection while it keeps one, so
  // two drains at once would need a pool of three at least: all others finish with the one they have.
  rollup: {
    attempts: 3,
    backoff: PATIENT,
    concurrency: 1,
    lockDurationMs: 120_000,
    stalledCheckMs: 30_000,
    maxTakeovers: 5,
    keepCompleted: 0,
    keepFailed: 0,
  },
  // What Mist tells by itself: never behind a backlog of polled pages. A delivery that fails stays in the inbox, whose sweep comes again.
  inbox: {
    attempts: 5,
    backoff: { firstMs: 500, maxMs: 30_000, jitter: 0.5 },
    concurrency: 4,
    lockDurationMs: 60_000,
    stalledCheckMs: 15_000,
    maxTakeovers: 5,
    keepCompleted: 0,
    keepFailed: 0,
  },
  // Wakes the notifier up; retries of deliveries are due-times in Postgres, not attempts of a job.
  notify: {
    attempts: 10,
    backoff: { firstMs: 500, maxMs: 60_000, jitter: 0.5 },
    concurrency: 4,
    lockDurationMs: 30_000,
    stalledCheckMs: 15_000,
    maxTakeovers: 5,
    keepCompleted: 0,
    keepFailed: 0,
  },
  // Makes, mails and writes facts, each once at a time in a process: a mail server that hangs and days of facts keep no report waiting. The fourth place
  // is for a sweep that finds all three at work and leaves. Never in front of notices. Retries are due-times in Postgres.
  report: {
    attempts: 3,
    backoff: PATIENT,
    concurrency: 4,
    lockDurationMs: 120_000,
    stalledCheckMs: 30_000,
    maxTakeovers: 5,
    keepCompleted: 0,
    keepFailed: 0,
  },
};

/** Wait before the attempt after `attemptsMade`; `random` in [0, 1). */
export function backoffMs({ firstMs, maxMs, jitter }: BackoffSettings, attemptsMade: number, random: number): number {
  const fullMs = Math.min(firstMs * 2 ** Math.max(0, attemptsMade - 1), maxMs);
  return Math.round(fullMs * (1 - jitter * random));
}
