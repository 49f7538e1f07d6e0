import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { InfrastructureError, messageOf } from './infrastructure.error.js';

/** Environment variables as they were at the edge of the program. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Who a server runs as; empty on systems without users or when we are not root. */
export interface Identity {
  readonly uid?: number;
  readonly gid?: number;
}

/** True when a process with this id exists, also one of another user. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The program a process runs, where the system tells (Linux); null elsewhere or when it is gone. */
export function programOf(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return null;
    throw error;
  }
}

/** A port of the loopback interface that nobody listens on now. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new InfrastructureError('The system gave no free port on 127.0.0.1.'));
      });
    });
  });
}

/** True when nobody listens on this port of the loopback interface. */
export async function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** The first of the named programs found in PATH, or null. */
export async function findProgram(names: readonly string[], env: Variables): Promise<string | null> {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const path of names.flatMap((name) => folders.map((folder) => join(folder, name)))) {
    const isProgram = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isProgram) return path;
  }
  return null;
}

/** Asks again and again until the answer is true; false when the time is over. */
export async function pollUntil(condition: () => Promise<boolean> | boolean, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) return false;
    await delay(15);
  }
  return true;
}

export interface ServerProcess {
  readonly command: string;
  readonly args: readonly string[];
  readonly logFile: string;
  readonly cwd: string;
  readonly identity: Identity;
  readonly env: Variables;
}

/**
 * Starts a server in a process group of its own, so that Ctrl-C reaches us alone and we can drain before the servers go; its
 * output goes to a file, so that it does not depend on us for a pipe.
 */
export async function startServerProcess(server: ServerProcess): Promise<ChildProcess> {
  const log = openSync(server.logFile, 'a', 0o600);
  try {
    const { command, args, cwd, identity, env } = server;
    const child = spawn(command, args, {
      cwd,
      env: { ...env, LC_ALL: 'C' },
      detached: true,
      stdio: ['ignore', log, log],
      ...identity,
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (cause) =>
        reject(new InfrastructureError(`${command} cannot be started: ${messageOf(cause)}`, { cause })),
      );
    });
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

/** Ends a process politely, and by force when it has not ended in time. */
export async function endProcess(pid: number, signal: NodeJS.Signals, timeoutMs = 15_000): Promise<void> {
  if (!send(pid, signal)) return;
  if (await pollUntil(() => !isAlive(pid), timeoutMs)) return;
  send(pid, 'SIGKILL');
  await pollUntil(() => !isAlive(pid), 2_000);
}

/** Sends a signal; false when the process is already gone. */
export function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** The last lines of a server's log, for an error message. */
export function tailOf(logFile: string, lines = 5): string {
  return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
}
