import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { InfrastructureError } from './infrastructure.error.js';
import { isAlive, pollUntil } from './processes.js';

const WAIT_MS = 90_000;

/** Runs `work` while no other process holds the lock file; a lock left by a dead process is taken over. */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const isOurs = await pollUntil(() => tryLock(file), WAIT_MS);
  if (!isOurs)
    throw new InfrastructureError(
      `${file} is held by another start for over ${WAIT_MS / 1000} s; if none runs, remove the file.`,
    );
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

/** The lock appears with its content in one step (link), so nobody ever reads half a lock. */
async function tryLock(file: string): Promise<boolean> {
  const own = `${file}.${process.pid}.${randomUUID()}`;
  await writeFile(own, String(process.pid));
  try {
    await link(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await removeWhenStale(file);
    return false;
  } finally {
    await unlink(own);
  }
}

async function removeWhenStale(file: string): Promise<void> {
  const isStale = async (path: string): Promise<boolean> => !isAlive(Number(await readFile(path, 'utf8')));
  const aside = `${file}.stale.${randomUUID()}`;
  try {
    if (!(await isStale(file))) return;
    await rename(file, aside);
    // Another waiter may have replaced the stale lock between our two looks: then put the living one back.
    if (!(await isStale(aside))) await link(aside, file);
    await unlink(aside);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EEXIST') throw error;
  }
}
