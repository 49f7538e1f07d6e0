import 'reflect-metadata';
import { plainToInstance, Transform, Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Matches, Max, Min, validateSync } from 'class-validator';
import type { QueueConnection } from '../queue/connection.js';
import { ConfigError, type ConfigFault } from './config.error.js';
import { ACK_LINK_KEYS_FORM, parseAckLinkKeys, type AckLinkKey } from '../security/ack-links.js';
import { registerSecret, registerUrlSecret } from './redact.js';
import { parseTrustProxy, TRUST_PROXY_FORM, type TrustedProxies } from './trust-proxy.js';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const MAX_PORT = 65_535;
const POSTGRES_URL = { message: 'should be a URL like postgres://user:password@host:5432/database' };
const HTTP_URL = { message: 'should be a URL like https://mistwatch.example.com' };

/** Every environment variable there is; `.env.example` explains them. The only reader of `process.env` is `loadEnv` below. */
export class Env {
  @Matches(/^postgres(ql)?:\/\/.+/, POSTGRES_URL) DATABASE_URL!: string;
  // A drain of rollups keeps one connection while it works on others: with a single one it would wait for itself.
  @IsOptional() @Type(() => Number) @IsInt() @Min(2) @Max(200) DATABASE_POOL_SIZE?: number;
  @IsOptional() @Matches(/^rediss?:\/\/.+/, { message: 'should be a URL like redis://host:6379' }) REDIS_URL?: string;
  @IsOptional() @IsIn(['redis', 'postgres']) QUEUE_BACKEND?: 'redis' | 'postgres';
  @Matches(/^[a-z][a-z0-9_]{0,40}$/, { message: 'should be lower case letters, digits and _, starting with a letter' })
  QUEUE_PREFIX = 'mistwatch';
  @IsString() CONFIG_FILE = 'config/mistwatch.yaml';
  @Transform(({ value }) => (typeof value === 'string' ? value.toLowerCase() : (value as unknown)))
  @IsIn(LOG_LEVELS)
  LOG_LEVEL: LogLevel = 'info';
  @IsOptional() @IsString() LOG_FILE?: string;
  @Type(() => Number) @IsInt() @Min(0) @Max(MAX_PORT) PORT = 8080;
  @IsOptional() @Type(() => Number) @IsInt() @Min(0) @Max(MAX_PORT) HEALTH_PORT?: number;
  @IsOptional() @Matches(/^https?:\/\/.+/, HTTP_URL) PUBLIC_URL?: string;
  @IsOptional() @IsString() TRUST_PROXY?: string;
  @IsOptional() @IsString() ACK_LINK_KEYS?: string;
  @IsOptional() @IsString() CLOCK_FILE?: string;
  @Type(() => Number) @IsInt() @Min(0) @Max(600) SHUTDOWN_GRACE_SECONDS = 20;
}

/** What the environment says, checked, named for its readers, frozen. */
export interface Environment {
  readonly databaseUrl: string;
  /** `null`: the service's own default. */
  readonly databasePoolSize: number | null;
  readonly queue: QueueConnection;
  readonly configFile: string;
  readonly log: { readonly level: LogLevel; readonly file: string | null };
  /** Port of the API. */
  readonly port: number;
  /** `null`: the service's own default. */
  readonly healthPort: number | null;
  /** Where people reach the dashboard, without a slash at the end; `null` when links cannot be made. */
  readonly publicUrl: string | null;
  /** Whose `X-Forwarded-For` tells the API who calls. */
  readonly trustProxy: TrustedProxies;
  /** Keys that sign the links to acknowledge, the first for new ones; empty = notices carry no such link. */
  readonly ackLinkKeys: readonly AckLinkKey[];
  /** File that holds "now" in epoch ms: a driven clock for tests and the demo. */
  readonly clockFile: string | null;
  readonly shutdownGraceMs: number;
  /** For `${VAR}` in the configuration file. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** Reads the environment; throws a `ConfigError` with every fault. Does not leave secrets in messages, and registers them for redaction. */
export function loadEnv(variables: Readonly<Record<string, string | undefined>> = process.env): Environment {
  const { env, faults } = parseEnv(variables);
  if (faults.length > 0) throw new ConfigError(faults);
  registerUrlSecret(env.DATABASE_URL);
  if (env.REDIS_URL !== undefined) registerUrlSecret(env.REDIS_URL);
  for (const { secret } of ackLinkKeysOf(env)) registerSecret(secret);
  return toEnvironment(env, variables);
}

function parseEnv(variables: Readonly<Record<string, string | undefined>>): { env: Env; faults: ConfigFault[] } {
  // An empty variable is an unset one: that is how shells and compose files leave something out.
  const given: Record<string, string> = {};
  for (const name of ENV_NAMES) {
    const value = variables[name]?.trim();
    if (value) given[name] = value;
  }
  const env = plainToInstance(Env, given, { exposeDefaultValues: true });
  const faults = validateSync(env).map(({ property, constraints }) => ({
    path: property,
    file: null,
    line: null,
    message: given[property] === undefined ? 'is not set; see .env.example' : Object.values(constraints ?? {}).join(', '),
  }));
  if (env.QUEUE_BACKEND === 'redis' && env.REDIS_URL === undefined) {
    faults.push({ path: 'REDIS_URL', file: null, line: null, message: 'is not set, but QUEUE_BACKEND is redis' });
  }
  if (env.ACK_LINK_KEYS !== undefined && parseAckLinkKeys(env.ACK_LINK_KEYS) === null)
    faults.push({ path: 'ACK_LINK_KEYS', file: null, line: null, message: `should be ${ACK_LINK_KEYS_FORM}` });
  if (env.TRUST_PROXY !== undefined && parseTrustProxy(env.TRUST_PROXY) === null)
    faults.push({ path: 'TRUST_PROXY', file: null, line: null, message: `should be ${TRUST_PROXY_FORM}` });
  return { env, faults };
}

function toEnvironment(env: Env, variables: Environment['variables']): Environment {
  return Object.freeze({
    databaseUrl: env.DATABASE_URL,
    databasePoolSize: env.DATABASE_POOL_SIZE ?? null,
    queue: queueOf(env),
    configFile: env.CONFIG_FILE,
    log: Object.freeze({ level: env.LOG_LEVEL, file: env.LOG_FILE ?? null }),
    port: env.PORT,
    healthPort: env.HEALTH_PORT ?? null,
    publicUrl: env.PUBLIC_URL?.replace(/\/+$/, '') ?? null,
    trustProxy: parseTrustProxy(env.TRUST_PROXY ?? '0') ?? false,
    ackLinkKeys: Object.freeze(ackLinkKeysOf(env)),
    clockFile: env.CLOCK_FILE ?? null,
    shutdownGraceMs: env.SHUTDOWN_GRACE_SECONDS * 1000,
    variables,
  });
}

const ackLinkKeysOf = ({ ACK_LINK_KEYS }: Env): AckLinkKey[] =>
  ACK_LINK_KEYS === undefined ? [] : (parseAckLinkKeys(ACK_LINK_KEYS) ?? []);

function queueOf({ QUEUE_BACKEND, REDIS_URL, QUEUE_PREFIX, DATABASE_URL }: Env): QueueConnection {
  if (REDIS_URL !== undefined && QUEUE_BACKEND !== 'postgres')
    return Object.freeze({ kind: 'redis', url: REDIS_URL, prefix: QUEUE_PREFIX });
  return Object.freeze({ kind: 'postgres', url: DATABASE_URL, schema: `${QUEUE_PREFIX}_queue` });
}

/** Names of all variables. */
export const ENV_NAMES = [
  'DATABASE_URL',
  'DATABASE_POOL_SIZE',
  'REDIS_URL',
  'QUEUE_BACKEND',
  'QUEUE_PREFIX',
  'CONFIG_FILE',
  'LOG_LEVEL',
  'LOG_FILE',
  'PORT',
  'HEALTH_PORT',
  'PUBLIC_URL',
  'TRUST_PROXY',
  'ACK_LINK_KEYS',
  'CLOCK_FILE',
  'SHUTDOWN_GRACE_SECONDS',
] as const satisfies readonly (keyof Env)[];
