import { existsSync } from 'node:fs';
import {
  ConfigError,
  Database,
  formatFault,
  loadEnv,
  loadSettings,
  parseSettings,
  type Environment,
  type Settings,
} from '@app/shared';
import { ExitError } from './exit-error.js';

export type Variables = Readonly<Record<string, string | undefined>>;

/** What a command works with. Output goes through it, so that a command can be run in a test. */
export interface Shell {
  readonly variables: Variables;
  /** Where the embedded servers keep their data. */
  readonly dataDir: string;
  readonly print: (line: string) => void;
  readonly warn: (line: string) => void;
}

/**
 * Environment and configuration file; every fault at once, exit code 2. Who only brings in history needs no file: without one, and without
 * CONFIG_FILE, the defaults hold.
 */
export function configured(shell: Shell): { env: Environment; settings: Settings } {
  try {
    const env = loadEnv(shell.variables);
    const isWithoutFile = (shell.variables['CONFIG_FILE'] ?? '') === '' && !existsSync(env.configFile);
    if (!isWithoutFile) return { env, settings: loadSettings(env) };
    shell.warn(`There is no ${env.configFile}: the defaults hold.`);
    return { env, settings: parseSettings('', env.variables) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ExitError(error.faults.map(formatFault).join('\n'), 2);
  }
}

/** Stands in config/mistwatch.yaml until somebody gives a token of their own. */
const EXAMPLE_TOKEN = 'replace-me-with-a-token';

/** The settings without the organization of the example, which nobody can poll; says what to do instead. */
export function pollable(shell: Shell, { env, settings }: { env: Environment; settings: Settings }): Settings {
  const orgs = settings.orgs.filter(({ token }) => token !== EXAMPLE_TOKEN);
  if (orgs.length < settings.orgs.length) {
    shell.warn(
      `${env.configFile} still has the example organization, which is not polled. To poll yours, set MIST_TOKEN in the environment and its id in that file. ` +
        'To look at history, "mistwatch import" it and make a key with "mistwatch keys create". To look at an example, "mistwatch demo".',
    );
  }
  return { ...settings, orgs };
}

/** Runs `work` with a pool that is closed afterwards, whatever happens. */
export async function withDatabase<T>(url: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = new Database({ url, poolSize: 4, applicationName: 'mistwatch-cli' });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}
