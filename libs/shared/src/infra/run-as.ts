import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { InfrastructureError } from './infrastructure.error.js';
import type { Identity } from './processes.js';

/** Postgres refuses to run as root, so root lends it an ordinary user: `postgres` where there is one, else `nobody`. */
export function identityForPostgres(passwdFile = '/etc/passwd'): Identity {
  if (process.getuid?.() !== 0) return {};
  const users = new Map(
    readFileSync(passwdFile, 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .map(([name, , uid, gid]) => [name, { uid: Number(uid), gid: Number(gid) }]),
  );
  const identity = users.get('postgres') ?? users.get('nobody');
  if (identity === undefined) {
    throw new InfrastructureError(
      'Postgres cannot run as root and this system has neither a user "postgres" nor "nobody"; run: useradd --system postgres',
    );
  }
  return identity;
}

/** The first folder on the way to `path` that the identity may not pass, or null when the way is free. */
export function blockedAt(path: string, { uid, gid }: Identity): string | null {
  if (uid === undefined || uid === 0) return null;
  const folders: string[] = [];
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    folders.unshift(folder);
    if (folder === dirname(folder)) break;
  }
  const mayPass = (folder: string): boolean => {
    const { mode, uid: owner, gid: group } = statSync(folder);
    if (owner === uid) return (mode & 0o100) !== 0;
    return (mode & (group === gid ? 0o010 : 0o001)) !== 0;
  };
  return folders.find((folder) => !mayPass(folder)) ?? null;
}
