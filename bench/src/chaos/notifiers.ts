import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { waitFor } from '@app/testing';

const MAIN = fileURLToPath(new URL('../../../apps/notifier/dist/main.js', import.meta.url));
/** The built hook, also when this file itself runs from its source. */
const HOOK = pathToFileURL(fileURLToPath(new URL('../../dist/chaos/fault-hook.js', import.meta.url))).href;

/** How a notifier is to die: at a statement that writes, or after a while. */
export type Death = { readonly write: number; readonly when: 'before' | 'after' } | { readonly afterMs: number } | null;

/** No notifier waits for its death longer than this, however little there is to do. */
const LONGEST_LIFE_MS = 5_000;

/** Notifier processes as production runs them, each of which is told how to die. */
export class Notifiers {
  private readonly children = new Set<ChildProcess>();
  private readonly deaths = new Map<number, number>();

  constructor(
    private readonly variables: Readonly<Record<string, string>>,
    private readonly portsFile: string,
  ) {}

  /** Starts one; settles when it runs, or has died before. */
  async start(death: Death): Promise<ChildProcess> {
    const isAtWrite = death !== null && 'write' in death;
    const child = spawn(process.execPath, [MAIN], {
      env: {
        ...this.variables,
        NODE_OPTIONS: `--import ${HOOK}`,
        CHAOS_PORTS: this.portsFile,
        CHAOS_DIE: isAtWrite ? `${death.when}:${death.write}` : 'never',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.children.add(child);
    let output = '';
    let isRunning = false;
    child.stdout.on('data', (chunk: Buffer) => {
      if (isRunning) return;
      output += chunk.toString();
      isRunning = output.includes('notifier runs');
    });
    child.once('exit', () => {
      this.children.delete(child);
      if (child.pid !== undefined) this.deaths.set(child.pid, Date.now());
    });
    await waitFor(() => isRunning || !isAlive(child), { timeoutMs: 60_000, describe: () => `a notifier; it said: ${output}` });
    if (death !== null) {
      const timer = setTimeout(() => child.kill('SIGKILL'), 'afterMs' in death ? death.afterMs : LONGEST_LIFE_MS);
      child.once('exit', () => clearTimeout(timer));
    }
    return child;
  }

  /** Every notifier that lives is killed; settles when they are gone. */
  async killAll(): Promise<number> {
    const living = [...this.children];
    for (const child of living) child.kill('SIGKILL');
    await Promise.all(living.map(gone));
    return living.length;
  }

  /** Whether the process that spoke from a port at an instant had died by another. */
  diedBy(port: number, { spokeAt, by }: { readonly spokeAt: number; readonly by: number }): boolean {
    const pid = this.owners().findLast((entry) => entry.port === port && entry.at <= spokeAt)?.pid;
    const diedAt = pid === undefined ? undefined : this.deaths.get(pid);
    return diedAt !== undefined && diedAt <= by;
  }

  private owners(): { pid: number; port: number; at: number }[] {
    const lines = readFileSync(this.portsFile, 'utf8').split('\n');
    return lines.map((line) => {
      const [pid = 0, port = 0, at = 0] = line.split(' ').map(Number);
      return { pid, port, at };
    });
  }
}

const isAlive = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

/** Settles when a process has ended. */
export const gone = (child: ChildProcess): Promise<void> =>
  isAlive(child) ? new Promise((resolve) => child.once('exit', () => resolve())) : Promise.resolve();
