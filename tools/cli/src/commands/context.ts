import { existsSync } from 'node:fs';
import { ConfigError, Database, formatFault, loadEnv, loadSettings, parseSettings, type Environment, type Settings } from '@app/shared';
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
    shell.warn(`There is no ${env.configFile}: the defaults hold, and no organization is polled.`);
    return { env, settings: parseSettings('', env.variables) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ExitError(error.faults.map(formatFault).join('\n'), 2);
  }
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
