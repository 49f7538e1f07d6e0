import { ConfigError } from './config.error.js';
import type { Configuration } from './config.module.js';
import { Env, loadEnv } from './env.js';
import { clockOf } from './file-clock.js';
import { checkSettings, loadSettings } from './settings.js';

/** Environment, settings and clock of this process; throws one `ConfigError` with the faults of both sources. */
export function loadConfiguration(variables: Readonly<Record<string, string | undefined>> = process.env): Configuration {
  try {
    const env = loadEnv(variables);
    return { env, settings: loadSettings(env), clock: clockOf(env.clockFile) };
  } catch (error) {
    // Faults of the file are those of loadSettings already, unless the environment failed first.
    const isOfEnv = error instanceof ConfigError && error.faults.every(({ file }) => file === null);
    if (!isOfEnv) throw error;
    throw new ConfigError([...error.faults, ...checkSettings(variables['CONFIG_FILE'] || new Env().CONFIG_FILE, variables)]);
  }
}
