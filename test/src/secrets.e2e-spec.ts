import 'reflect-metadata';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { checkConfigCommand, printConfigCommand, settle, startStack, type Stack } from '@app/cli';
import { CollectService } from '@app/collector';
import type { CollectKind } from '@app/shared';
import { waitFor } from '@app/testing';
import { Redis } from 'ioredis';
import { startEchoProxy, type EchoMode, type EchoProxy } from './echo-proxy.js';
import { World } from './world.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 2, 3, 8);
const at = (hours: number, minutes = 0): number => START + hours * HOUR + minutes * MINUTE;

const TOKEN = 'zQ7vK2mXw9RtYp4LcB8nHd6JsF3gUa5E';
const PASSWORD = 'Vx4kWq8Zr2Tn6Pm0';
/** So much of a secret in a row gives it away: texts may also be cut in its middle. */
const TELLING_LENGTH = 6;

const pieces = (secret: string): string[] =>
  Array.from({ length: secret.length - TELLING_LENGTH + 1 }, (_, from) => secret.slice(from, from + TELLING_LENGTH));
/** What an SMTP client sends for user and password. */
const ENCODED = [`\0mailer\0${PASSWORD}`, PASSWORD].map((text) => Buffer.from(text).toString('base64').replace(/=+$/, ''));
const FORBIDDEN = [...pieces(TOKEN), ...pieces(PASSWORD), ...ENCODED];

/** The line around each secret that a text gives away; empty when it keeps them all. */
const given = (text: string): string[] =>
  text.split('\n').flatMap((line) => {
    const found = FORBIDDEN.map((piece) => line.indexOf(piece)).filter((index) => index >= 0);
    return found.length === 0 ? [] : [line.slice(Math.max(0, Math.min(...found) - 120), Math.max(...found) + 40)];
  });

let world: World;
let proxy: EchoProxy;
let analyzer: Stack;
let folder: string;
let log: string;
let waiting: string[];

async function poll(mode: EchoMode, kinds: readonly CollectKind[]): Promise<void> {
  proxy.setMode(mode);
  const collect = world.stack.worker('collector').app.get(CollectService, { strict: false });
  for (const kind of kinds) await collect.runCycle(world.orgId, kind);
  proxy.setMode('pass');
}

/** Everything the queue holds: keys and values, packed batches unpacked. */
async function queueContents(): Promise<string[]> {
  const { queue } = world.runtime;
  if (queue.kind !== 'redis') throw new Error('The queue of this spec lies in Redis.');
  const redis = new Redis(queue.url);
  try {
    const texts: string[] = [];
    for (const key of await redis.keys(`${queue.prefix}:*`)) {
      const hash = (await redis.type(key)) === 'hash' ? await redis.hgetall(key) : {};
      for (const [, packed = ''] of JSON.stringify(hash).matchAll(/\\"packed\\":\\"([^\\"]+)/g))
        texts.push(gunzipSync(Buffer.from(packed, 'base64')).toString('utf8'));
      texts.push(key, JSON.stringify(hash));
    }
    return texts;
  } finally {
    redis.disconnect();
  }
}

/** Every row of every table. */
async function databaseContents(): Promise<string[]> {
  const tables = await world.database.query<{ name: string }>(
    `select quote_ident(tablename) as name from pg_tables where schemaname = 'public' order by 1`,
  );
  const rows = await Promise.all(
    tables.map(({ name }) => world.database.query<{ text: string }>(`select '${name} ' || t::text as text from ${name} t`)),
  );
  return rows.flat().map(({ text }) => text);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mistwatch-secrets-'));
  log = join(folder, 'all.log');
  world = await World.start({
    startAt: START,
    sites: 2,
    token: TOKEN,
    smtpCredentials: `mailer:${PASSWORD}`,
    through: async (cloudUrl) => (proxy = await startEchoProxy(cloudUrl)).url,
    variables: { LOG_LEVEL: 'debug', LOG_FILE: log },
    incidents: () => [{ kind: 'site-down', site: 1, from: at(0, 7), to: at(40) }],
    without: ['analyzer'],
  });
  // Success first, while nobody takes the batches off the queue.
  await poll('pass', ['sites', 'inventory', 'gateways', 'wan-ports', 'device-events']);
  waiting = await queueContents();
  analyzer = await startStack({ runtime: world.runtime, isDriven: true, apiPort: null, without: ['collector', 'notifier'] });
  world.sink.setFault('auth');
  await world.live(START, at(0, 15));
  await world.setTime(at(0, 20));
  await poll('page', ['wan-ports']);
  await poll('500', ['gateways']);
  await poll('404', ['peer-paths']);
  await poll('redirect', ['device-events']);
  // Last, because a refused token stops the organization.
  await poll('401', ['alarms']);
  // After a day the mail is given up.
  const driven = {
    orgIds: [world.orgId],
    database: world.database,
    collector: world.stack.worker('collector'),
    setTime: () => undefined,
  };
  for (const now of [at(0, 30), at(25)]) {
    await world.setTime(now);
    await settle(driven, now);
  }
}, 240_000);

afterAll(async () => {
  await analyzer.close();
  await world.stop();
  await proxy.close();
  await rm(folder, { recursive: true });
});

describe('the API token and the mail password', () => {
  it('were sent, refused and repeated to us', async () => {
    const failures = await world.database.query<{ code: string }>(
      'select failure_code as code from poll_state where failure_code is not null order by 1',
    );
    expect(failures.map(({ code }) => code)).toEqual(
      ['MIST_NOT_JSON', 'MIST_REFUSED', 'MIST_REFUSED', 'MIST_SERVER_ERROR', 'MIST_UNAUTHORIZED'].sort(),
    );
    const attempts = await world.database.query<{ outcome: string }>(
      `select distinct outcome from delivery_attempt where answer like '%Not the password%' order by 1`,
    );
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['dead', 'retry']);
    expect(world.sink.mails).toEqual([]);
  });

  it('are in no row of the database', async () => {
    const rows = await databaseContents();
    expect(rows.length).toBeGreaterThan(50);
    expect(rows.flatMap(given)).toEqual([]);
  });

  it('are in no job on the queue, neither while it waits nor after it failed', async () => {
    expect(waiting.some((text) => text.includes('ingest-batch'))).toBe(true);
    expect(waiting.flatMap(given)).toEqual([]);
    expect((await queueContents()).flatMap(given)).toEqual([]);
  });

  it('are in no line of the log', async () => {
    const text = await waitFor(() => readFile(log, 'utf8'), { describe: 'the log' });
    expect(text).toContain('MIST_UNAUTHORIZED');
    expect(text).toContain('Not the password');
    expect(given(text)).toEqual([]);
  });

  it('are not printed with the configuration, nor with its faults', async () => {
    const lines: string[] = [];
    const shell = {
      variables: { CONFIG_FILE: world.configFile },
      dataDir: folder,
      print: (line: string) => void lines.push(line),
      warn: (line: string) => void lines.push(line),
    };
    printConfigCommand(shell);
    expect(lines.join('\n')).toContain('mailer');
    const wrong = join(folder, 'wrong.yaml');
    const text = await readFile(world.configFile, 'utf8');
    await writeFile(
      wrong,
      text.replace('smtp://', 'smpt://').replace('token:', `baseUrI: http://x\n    token2: {a: ${TOKEN}}\n    token:`),
    );
    expect(() => checkConfigCommand({ ...shell, variables: { CONFIG_FILE: wrong } })).toThrow('faults');
    expect(lines.length).toBeGreaterThan(3);
    expect(lines.flatMap(given)).toEqual([]);
  });
});
