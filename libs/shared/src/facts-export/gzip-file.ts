import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, unlink, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isNativeError } from 'node:util/types';
import { createGzip } from 'node:zlib';
import { TransientError } from '../errors.js';

/** What was written, and what of it a reader may check. */
export interface WrittenFile {
  readonly bytes: number;
  readonly sha256: string;
}

/** A file under a name that no reader looks for, whole and on the disk. */
export interface PartFile extends WrittenFile {
  readonly path: string;
}

const PART = '.part';
export const ENDING = '.ndjson.gz';
const FULL = new Set(['ENOSPC', 'EDQUOT']);

/** Says what is wrong with a place on a disk, and how to mend it; tried again, because people mend it. */
export function diskError(error: unknown, path: string): unknown {
  const code = codeOf(error);
  if (!/^E[A-Z0-9]+$/.test(code)) return error;
  const why = FULL.has(code)
    ? `The disk is full at ${path}: make room, or give the export another folder`
    : `${path} cannot be written (${code}): make it a folder that this process may write to`;
  return new TransientError(FULL.has(code) ? 'FACTS_DISK_FULL' : 'FACTS_FOLDER', `${why}. It is tried again.`, { cause: error });
}

const partOf = (path: string): string => join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}${PART}`);

/** Writes lines, packed, beside the place where they will be; nothing is left behind when that fails. Memory stays flat. */
export async function writeGzipPart(path: string, lines: AsyncIterable<Buffer>): Promise<PartFile> {
  const part = partOf(path);
  const hash = createHash('sha256');
  let bytes = 0;
  await writePart(part, (file) =>
    pipeline(lines, createGzip(), async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
        await file.appendFile(chunk);
      }
    }),
  );
  return { path: part, bytes, sha256: hash.digest('hex') };
}

async function writePart(part: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  try {
    await mkdir(dirname(part), { recursive: true });
    const file = await open(part, 'wx', 0o640);
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    await discardPart(part);
    throw diskError(error, dirname(part));
  }
}

/** A small text, whole or not at all. */
export async function replaceText(path: string, text: string): Promise<void> {
  const part = partOf(path);
  await writePart(part, (file) => file.writeFile(text));
  await publishPart(part, path);
}

/** Puts a part in its place: readers have the old file or the new one. */
export async function publishPart(part: string, path: string): Promise<void> {
  try {
    await rename(part, path);
    const folder = await open(dirname(path), 'r');
    try {
      // Without it a power cut may forget the name, though the file is on the disk.
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    await discardPart(part);
    throw diskError(error, path);
  }
}

/** A part that is not wanted; it may be gone. */
export async function discardPart(part: string): Promise<void> {
  await unlink(part).catch((error: unknown) => {
    if (!isMissing(error)) throw diskError(error, part);
  });
}

/** Takes away what a process left that was killed while it wrote. Nobody else may be writing there. */
export async function discardLeftovers(path: string): Promise<void> {
  const names = await readdir(dirname(path)).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw diskError(error, dirname(path));
  });
  const mine = `.${basename(path)}.`;
  for (const name of names) if (name.startsWith(mine) && name.endsWith(PART)) await discardPart(join(dirname(path), name));
}

/** Takes away the files of a day beside the one that counts. */
export async function discardOlder(path: string, day: string): Promise<void> {
  const isOfDay = (name: string): boolean => name.startsWith(`${day}.`) && name.endsWith(ENDING);
  const names = await readdir(dirname(path)).catch((error: unknown) => {
    throw diskError(error, dirname(path));
  });
  for (const name of names) if (isOfDay(name) && name !== basename(path)) await discardPart(join(dirname(path), name));
}

const codeOf = (error: unknown): string =>
  isNativeError(error) && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** There is no such file or folder. */
export const isMissing = (error: unknown): boolean => codeOf(error) === 'ENOENT';
