import { createHash } from 'node:crypto';
import { existsSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

const IN_MEMORY = '/dev/shm';
/** Databases of two specs, their write-ahead log, and what a browser keeps there beside. */
const NEEDED_BYTES = 6 * 2 ** 30;

/**
 * Where the servers of tests keep what nobody keeps: in memory where there is plenty, else inside `.data` of the project. A test makes and drops a
 * database of some hundred files, and that costs a disk more than all its queries.
 */
export function scratchFolder(root: string, name: string): string {
  if (freeBytes(IN_MEMORY) < NEEDED_BYTES) return join(root, '.data', name);
  const project = createHash('sha256').update(root).digest('hex').slice(0, 12);
  return join(IN_MEMORY, `mistwatch-${project}`, name);
}

function freeBytes(folder: string): number {
  if (!existsSync(folder)) return 0;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
