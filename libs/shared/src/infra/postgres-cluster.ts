import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { InfrastructureError, messageOf } from './infrastructure.error.js';
import type { PostgresPrograms } from './postgres-programs.js';
import type { Variables, Identity } from './processes.js';

export const POSTGRES_USER = 'mistwatch';

/** The files of a Postgres and all that is needed to run it. */
export interface Cluster {
  readonly folder: string;
  readonly logFile: string;
  readonly password: string;
  readonly programs: PostgresPrograms;
  readonly identity: Identity;
  readonly env: Variables;
}

interface ClusterPlace extends Pick<Cluster, 'programs' | 'identity' | 'env'> {
  readonly dataDir: string;
}

/** Makes the cluster when there is none. It appears by a rename, so a start that was cut off leaves no half of one. */
export async function ensureCluster({ dataDir, programs, identity, env }: ClusterPlace): Promise<Cluster> {
  const folder = join(dataDir, 'postgres');
  const passwordFile = join(dataDir, 'postgres.password');
  if (!existsSync(folder)) await createCluster({ dataDir, programs, identity, env }, folder, passwordFile);
  await refuseOtherVersion(folder, programs);
  const password = await readFile(passwordFile, 'utf8').catch((cause: unknown) => {
    throw new InfrastructureError(
      `${passwordFile} cannot be read (${messageOf(cause)}) and ${folder} needs it; put it back, or remove both to start empty.`,
      { cause },
    );
  });
  return { folder, logFile: join(dataDir, 'postgres.log'), password, programs, identity, env };
}

async function createCluster(
  { dataDir, programs, identity, env }: ClusterPlace,
  folder: string,
  passwordFile: string,
): Promise<void> {
  const partial = join(dataDir, 'postgres.partial');
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { mode: 0o700 });
  const password = randomBytes(18).toString('base64url');
  await writeFile(passwordFile, password, { mode: 0o600 });
  const initialPassword = join(partial, 'initial-password');
  await writeFile(initialPassword, password, { mode: 0o600 });
  if (identity.uid !== undefined && identity.gid !== undefined) {
    await chown(partial, identity.uid, identity.gid);
    await chown(initialPassword, identity.uid, identity.gid);
  }
  // initdb wants an empty folder, so the cluster gets one beside the password.
  const args = [
    '--encoding=UTF8',
    '--locale=C',
    '--auth=scram-sha-256',
    `--username=${POSTGRES_USER}`,
    `--pwfile=${initialPassword}`,
  ];
  await promisify(execFile)(programs.initdb, [...args, `--pgdata=${join(partial, 'data')}`], {
    cwd: partial,
    env: { ...env, LC_ALL: 'C' },
    ...identity,
  }).catch((cause: unknown) => {
    throw new InfrastructureError(`Postgres could not make its files in ${partial}: ${messageOf(cause)}`, { cause });
  });
  await rename(join(partial, 'data'), folder);
  await rm(partial, { recursive: true });
}

async function refuseOtherVersion(folder: string, { majorVersion, engine }: PostgresPrograms): Promise<void> {
  const ofFiles = Number(await readFile(join(folder, 'PG_VERSION'), 'utf8'));
  if (ofFiles === majorVersion) return;
  throw new InfrastructureError(
    `${folder} was written by Postgres ${ofFiles}, but the ${engine} one found here is ${majorVersion}. Give that version back, or another data folder, or dump and load by pg_dump.`,
  );
}
