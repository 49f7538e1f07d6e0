import { setTimeout as delay } from 'node:timers/promises';
import { BackfillRequests } from '@app/collector';
import {
  BACKFILL_KINDS,
  clockOf,
  faultOfWindow,
  type BackfillKind,
  type BackfillProgress,
  type Clock,
  type Runtime,
} from '@app/shared';
import { startStack } from '../stack/stack.js';
import { configured, pollable, type Shell } from './context.js';
import { ExitError } from './exit-error.js';
import { withServers } from './servers.js';

export interface BackfillOptions {
  readonly org: string;
  readonly from: string;
  readonly to: string;
  readonly kinds?: string;
  readonly json: boolean;
}

/** Waits longer than this are left to a running collector, or to the next call of the command. */
const LONGEST_WAIT_MS = 30_000;
const LOOK_EVERY_MS = 200;

/**
 * `mistwatch backfill`: reads a window again and returns when all of it is stored. Where it stands is in Postgres: the same command goes on, and so
 * does a running collector. Exit code 1 when it is not finished, or when something could not be read.
 */
export async function backfillCommand(shell: Shell, options: BackfillOptions, stopped: AbortSignal): Promise<void> {
  const kinds = kindsOf(options.kinds);
  const window = { from: timeOf('--from', options.from), to: timeOf('--to', options.to) };
  const outcome = await withServers(shell, async (servers) => {
    const configuration = configured({ ...shell, variables: { ...shell.variables, ...servers.variables } });
    const { env } = configuration;
    const clock = clockOf(env.clockFile);
    const fault = faultOfWindow(window, clock.now());
    if (fault !== null) throw new ExitError(`${fault}.`, 2);
    const runtime: Runtime = {
      env,
      settings: pollable(shell, configuration),
      clock,
      queue: env.queue,
      databaseUrl: env.databaseUrl,
    };
    const stack = await startStack({ runtime, isDriven: true, apiPort: null, without: ['notifier'] });
    try {
      const backfills = stack.worker('collector').app.get(BackfillRequests, { strict: false });
      const id = await backfills.request(options.org, { ...window, kinds });
      return await finished({ shell, backfills, clock, org: options.org, id, stopped });
    } finally {
      await stack.close();
    }
  });
  if (options.json) shell.print(JSON.stringify(outcome));
  else shell.print(describe(outcome));
  if (outcome.state !== 'finished')
    throw new ExitError('It is not finished: a running collector goes on with it, and so does the same command.');
  if (outcome.stepsFailed > 0) throw new ExitError(`${outcome.stepsFailed} questions were given up: ${outcome.failure ?? ''}`);
}

function kindsOf(text: string | undefined): readonly BackfillKind[] {
  if (text === undefined) return BACKFILL_KINDS;
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !BACKFILL_KINDS.some((kind) => kind === name));
  if (unknown.length > 0) throw new ExitError(`Unknown kinds: ${unknown.join(', ')}. Known: ${BACKFILL_KINDS.join(', ')}.`, 2);
  return BACKFILL_KINDS.filter((kind) => names.includes(kind));
}

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

function timeOf(option: string, text: string): Date {
  const at = new Date(RFC_3339.test(text) ? text : Number.NaN);
  if (Number.isNaN(at.getTime()))
    throw new ExitError(`${option} should be a time like 2026-03-01T00:00:00Z, but is ${JSON.stringify(text)}.`, 2);
  return at;
}

interface Run {
  readonly shell: Shell;
  readonly backfills: BackfillRequests;
  readonly org: string;
  readonly id: number;
  readonly clock: Clock;
  readonly stopped: AbortSignal;
}

async function finished({ shell, backfills, clock, org, id, stopped }: Run): Promise<BackfillProgress> {
  let told = '';
  for (;;) {
    const result = await backfills.run(org);
    const progress = await backfills.progress(org, id);
    if (progress === null) throw new ExitError(`Backfill ${id} is no longer there.`);
    const line = describe(progress);
    if (line !== told) shell.warn(line);
    told = line;
    const waitMs = result.is === 'more' ? result.afterMs : result.is === 'idle' ? LOOK_EVERY_MS : 0;
    if (progress.state === 'finished' || stopped.aborted || waitMs > LONGEST_WAIT_MS || isWaitingLong(progress, clock.now()))
      return progress;
    await delay(waitMs);
  }
}

const isWaitingLong = ({ state, waitingUntil }: BackfillProgress, now: number): boolean =>
  state === 'waiting' && (waitingUntil?.getTime() ?? 0) - now > LONGEST_WAIT_MS;

function describe({ id, state, steps, stepsDone, stepsFailed, waitingReason }: BackfillProgress): string {
  const failed = stepsFailed === 0 ? '' : `, ${stepsFailed} failed`;
  return `backfill ${id} ${state}: ${stepsDone} of ${steps} steps stored${failed}${waitingReason === null ? '' : ` (${waitingReason})`}`;
}
