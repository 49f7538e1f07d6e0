import { spawnSync } from 'node:child_process';
import { delimiter } from 'node:path';
import { findProgram, type Variables } from '@app/shared';

export interface SystemPackage {
  /** Any of these in PATH will do. */
  readonly programs: readonly string[];
  readonly packages: readonly string[];
  readonly why: string;
  /** Folders to look into beside those of PATH. */
  readonly folders?: readonly string[];
}

export const REDIS: SystemPackage = {
  programs: ['redis-server', 'valkey-server'],
  packages: ['redis-server'],
  why: 'the queue specs need a real Redis',
};
export const CHROMIUM: SystemPackage = {
  programs: ['chromium', 'chromium-browser', 'google-chrome'],
  packages: ['chromium', 'fonts-dejavu-core'],
  why: 'the page specs need a real browser',
};

/** Debian keeps Postgres' programs out of PATH, one folder a version. */
export const POSTGRES: SystemPackage = {
  programs: ['initdb'],
  packages: ['postgresql'],
  why: 'the integration specs also run on the oldest supported Postgres',
  folders: ['15', '16', '17', '18'].map((version) => `/usr/lib/postgresql/${version}/bin`),
};

/** Installs the package by apt when its program is missing and we may; else says in one line how to get it. */
export async function ensureInstalled(wanted: SystemPackage, env: Variables): Promise<boolean> {
  if (await isThere(wanted, env)) return true;
  const command = ['apt-get', 'install', '-y', '--no-install-recommends', ...wanted.packages];
  const prefix = await rightsPrefix(env);
  if (prefix !== null) {
    console.log(`installing ${wanted.packages.join(' ')}: ${wanted.why}`);
    aptGet([...prefix, 'apt-get', 'update', '-qq'], env);
    aptGet([...prefix, ...command], env);
    if (await isThere(wanted, env)) return true;
  }
  console.log(
    `${wanted.programs[0] ?? ''} is missing (${wanted.why}); run: sudo ${command.join(' ')} (macOS: brew install ${wanted.packages[0] ?? ''})`,
  );
  return false;
}

async function isThere({ programs, folders = [] }: SystemPackage, env: Variables): Promise<boolean> {
  const path = [env['PATH'] ?? '', ...folders].join(delimiter);
  return (await findProgram(programs, { ...env, PATH: path })) !== null;
}

/** How to run apt as root without a question: directly, by sudo, or (null) not at all. */
async function rightsPrefix(env: Variables): Promise<readonly string[] | null> {
  if ((await findProgram(['apt-get'], env)) === null) return null;
  if (process.getuid?.() === 0) return [];
  const maySudo = (await findProgram(['sudo'], env)) !== null && spawnSync('sudo', ['-n', 'true'], { env }).status === 0;
  return maySudo ? ['sudo', '-n'] : null;
}

function aptGet(command: readonly string[], env: Variables): void {
  const [program = 'apt-get', ...args] = command;
  const { status, stderr } = spawnSync(program, args, {
    env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (status !== 0) console.log(`${command.join(' ')} failed: ${stderr.toString().trim().split('\n').at(-1) ?? ''}`);
}
