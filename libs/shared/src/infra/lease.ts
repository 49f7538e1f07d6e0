import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isAlive, send } from './processes.js';

/** A running server and the processes that use it; the last one out stops it. */
export interface Lease {
  readonly serverPid: number;
  readonly port: number;
  readonly holders: readonly number[];
}

/** The lease in a file, without holders that are no more; null when there is none. */
export function readLease(file: string): Lease | null {
  try {
    const lease = JSON.parse(readFileSync(file, 'utf8')) as Lease;
    return { ...lease, holders: lease.holders.filter(isAlive) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Adds this process to the holders of the server; the same process may hold it more than once. */
export function holdLease(file: string, server: Omit<Lease, 'holders'>): void {
  const before = readLease(file);
  const holders = before?.serverPid === server.serverPid ? before.holders : [];
  writeLease(file, { ...server, holders: [...holders, process.pid] });
}

/** Gives one hold back; returns the server to stop when it was the last. */
export function releaseLease(file: string): Lease | null {
  const lease = readLease(file);
  if (lease === null) return null;
  const own = lease.holders.indexOf(process.pid);
  const holders = lease.holders.filter((_, index) => index !== own);
  if (holders.length > 0) {
    writeLease(file, { ...lease, holders });
    return null;
  }
  rmSync(file, { force: true });
  return lease;
}

/** When this process ends without having released its hold, its servers must not live on. Returns the way to call that off. */
export function releaseAtExit(file: string, signal: NodeJS.Signals): () => void {
  const atExit = (): void => {
    const last = releaseLease(file);
    if (last !== null) send(last.serverPid, signal);
  };
  process.once('exit', atExit);
  return () => process.removeListener('exit', atExit);
}

function writeLease(file: string, lease: Lease): void {
  const next = `${file}.${process.pid}`;
  writeFileSync(next, JSON.stringify(lease), { mode: 0o600 });
  renameSync(next, file);
}
