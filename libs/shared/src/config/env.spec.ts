import { readFileSync } from 'node:fs';
import { ENV_NAMES, loadEnv } from './env.js';
import { loadConfiguration } from './load-configuration.js';
import { ConfigError } from './config.error.js';

const DATABASE_URL = 'postgres://user:hunter2-secret@127.0.0.1:5432/mistwatch';

describe('the environment', () => {
  it('needs nothing but a database', () => {
    const env = loadEnv({ DATABASE_URL });
    expect(env).toMatchObject({
      databaseUrl: DATABASE_URL,
      databasePoolSize: null,
      queue: { kind: 'postgres', url: DATABASE_URL, schema: 'mistwatch_queue' },
      configFile: 'config/mistwatch.yaml',
      log: { level: 'info', file: null },
      port: 8080,
      healthPort: null,
      publicUrl: null,
      trustProxy: false,
      clockFile: null,
      shutdownGraceMs: 20_000,
    });
    expect(Object.isFrozen(env)).toBe(true);
  });

  it('uses Redis when there is one, unless told otherwise', () => {
    const REDIS_URL = 'redis://127.0.0.1:6379';
    expect(loadEnv({ DATABASE_URL, REDIS_URL, QUEUE_PREFIX: 'blue' }).queue).toEqual({
      kind: 'redis',
      url: REDIS_URL,
      prefix: 'blue',
    });
    expect(loadEnv({ DATABASE_URL, REDIS_URL, QUEUE_BACKEND: 'postgres' }).queue.kind).toBe('postgres');
    expect(() => loadEnv({ DATABASE_URL, QUEUE_BACKEND: 'redis' })).toThrow('REDIS_URL: is not set, but QUEUE_BACKEND is redis');
  });

  it('reads numbers, trims, and takes an empty variable for an unset one', () => {
    const env = loadEnv({
      DATABASE_URL,
      PORT: ' 9000 ',
      LOG_LEVEL: 'WARN',
      HEALTH_PORT: '',
      PUBLIC_URL: 'https://watch.example.com/',
    });
    expect(env).toMatchObject({ port: 9000, log: { level: 'warn' }, healthPort: null, publicUrl: 'https://watch.example.com' });
  });

  it('lists every fault at once and shows no value', () => {
    const wrong = {
      DATABASE_URL: 'mysql://root:hunter2-secret@db',
      PORT: 'eighty',
      LOG_LEVEL: 'loud',
      DATABASE_POOL_SIZE: '1',
      QUEUE_PREFIX: 'a:b',
      TRUST_PROXY: 'true',
    };
    let thrown: unknown;
    try {
      loadEnv(wrong);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ConfigError);
    const { faults, message } = thrown as ConfigError;
    expect(faults.map(({ path }) => path).sort()).toEqual([
      'DATABASE_POOL_SIZE',
      'DATABASE_URL',
      'LOG_LEVEL',
      'PORT',
      'QUEUE_PREFIX',
      'TRUST_PROXY',
    ]);
    expect(message).not.toMatch(/secret|hunter2/);
  });

  it('says which variable is missing and where to look', () => {
    expect(() => loadEnv({})).toThrow('DATABASE_URL: is not set; see .env.example');
  });
});

it('and the configuration file tell their faults together', () => {
  const faultsIn = (): unknown => loadConfiguration({ PORT: 'x', CONFIG_FILE: '/nowhere.yaml' });
  expect(faultsIn).toThrow(/DATABASE_URL: is not set[^]*PORT: [^]*nowhere\.yaml cannot be read/);
});

it('is explained in .env.example, variable by variable', () => {
  const example = readFileSync(new URL('../../../../.env.example', import.meta.url), 'utf8');
  const names = [...example.matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name);
  expect(names.sort()).toEqual([...ENV_NAMES].sort());
  const values: Record<string, string | undefined> = Object.fromEntries<string | undefined>(
    [...example.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', value]) => [name, value]),
  );
  expect(() => loadEnv(values)).not.toThrow();
});
