import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { waitFor } from '@app/testing';
import type { Target } from './boundary.js';
import type { Notes } from './notes.js';

const MAIN = fileURLToPath(new URL('../../../apps/notifier/dist/main.js', import.meta.url));
/** The built hook, also when this file itself runs from its source. */
const HOOK = pathToFileURL(fileURLToPath(new URL('../../dist/chaos/fault-hook.js', import.meta.url))).href;

/** How a notifier is to die: at a boundary, or some milliseconds after it has passed so many of them. `null` = it is to live. */
export type Death = Target | { readonly passings: number; readonly thenMs: number } | null;

/** No notifier waits for its death longer than this, however little there is to do. */
const LONGEST_LIFE_MS = 20_000;
/** A sender that heard an answer has noted it within this time, also on a busy machine. */
const NOTED_WITHIN_MS = 5_000;

/** A notifier process. */
export interface Life {
  /** Settles when it has ended; `crash` = what it said, if it ended by itself. */
  readonly ended: Promise<{ readonly crash: string | null }>;
}

/** Notifier processes as production runs them, each of which is told how to die. */
export class Notifiers {
  private readonly children = new Map<ChildProcess, Life>();
  private readonly deaths = new Map<number, number>();

  constructor(
    private readonly variables: Readonly<Record<string, string>>,
    private readonly notes: Notes,
  ) {}

  /** Starts one; settles when it runs, or has died before. */
  async start(death: Death): Promise<Life> {
    const child = spawn(process.execPath, [MAIN], {
      env: {
        ...this.variables,
        NODE_OPTIONS: `--import ${HOOK}`,
        CHAOS_NOTES: this.notes.file,
        CHAOS_DIE: inWords(death),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let isRunning = false;
    const hear = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-4_000);
      isRunning ||= output.includes('notifier runs');
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    const ended = gone(child).then(() => {
      this.children.delete(child);
      if (child.pid !== undefined) this.deaths.set(child.pid, Date.now());
      return { crash: child.signalCode === 'SIGKILL' ? null : output };
    });
    const life = { ended };
    this.children.set(child, life);
    await waitFor(() => isRunning || !isAlive(child), { timeoutMs: 60_000, describe: () => `a notifier; it said: ${output}` });
    if (death !== null) {
      const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_LIFE_MS);
      void ended.then(() => clearTimeout(timer));
    }
    return life;
  }

  /** Every notifier that lives is killed; settles when they are gone. */
  async killAll(): Promise<void> {
    const living = [...this.children];
    for (const [child] of living) child.kill('SIGKILL');
    await Promise.all(living.map(([, { ended }]) => ended));
  }

  /** Whether the process that spoke from a port had died by an instant, and so soon that it may have died before it could note the answer. */
  diedBeforeNoting(port: number, { spokeAt, by }: { readonly spokeAt: number; readonly by: number }): boolean {
    const pid = this.notes.ownerOf(port, spokeAt);
    const diedAt = pid === null ? undefined : this.deaths.get(pid);
    return diedAt !== undefined && diedAt <= by && diedAt - spokeAt <= NOTED_WITHIN_MS;
  }
}

function inWords(death: Death): string {
  if (death === null) return 'never';
  return 'boundary' in death ? `${death.when}:${death.nth}:${death.boundary}` : `amid:${death.passings}:${death.thenMs}`;
}

const isAlive = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

/** Settles when a process has ended. */
const gone = (child: ChildProcess): Promise<void> =>
  isAlive(child) ? new Promise((resolve) => child.once('exit', () => resolve())) : Promise.resolve();
