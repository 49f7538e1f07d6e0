import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { queryOnce } from './postgres-check.js';
import { startPostgres, type RunningPostgres } from './postgres.js';
import { endProcess, pollUntil, isAlive } from './processes.js';

const env = { PATH: process.env['PATH'] };
let dataDir: string;
let running: RunningPostgres[];

const start = async (options: { port?: number; engine?: 'embedded' | 'system' } = {}): Promise<RunningPostgres> => {
  const postgres = await startPostgres({ dataDir, env, durability: 'throwaway', ...options });
  running.push(postgres);
  return postgres;
};
const serverPid = async (): Promise<number> => parseInt(await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8'), 10);

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'mistwatch-infra-'));
  running = [];
});
afterEach(async () => {
  for (const postgres of running) await postgres.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

test('a second start shares the server, which stops with its last user and keeps its data', async () => {
  const [first, second] = await Promise.all([start(), start()]);
  expect(second.url).toBe(first.url);
  await queryOnce(first.url, 'create table kept (n int)');
  await first.stop();
  await first.stop();
  expect(await queryOnce(second.url, 'select * from kept')).toEqual([]);
  const pid = await serverPid();
  await second.stop();
  expect(isAlive(pid)).toBe(false);
  const third = await start();
  expect(await queryOnce(third.url, 'select * from kept')).toEqual([]);
});

test('a server whose starter was killed is found again and taken over', async () => {
  const first = await start();
  // What a killed process leaves behind: a running server, and a lease held by a process that is no more.
  const lease = join(dataDir, 'postgres.lease.json');
  await writeFile(lease, (await readFile(lease, 'utf8')).replace(/"holders":.*\]/, '"holders":[999999999]'));
  const pid = await serverPid();
  const second = await start();
  expect(second.url).toBe(first.url);
  await second.stop();
  expect(isAlive(pid)).toBe(false);
});

test('a stale pid file, whose number another program has now, does not stop a start', async () => {
  await start();
  const pid = await serverPid();
  const file = join(dataDir, 'postgres', 'postmaster.pid');
  const content = await readFile(file, 'utf8');
  await endProcess(pid, 'SIGQUIT');
  await pollUntil(() => !isAlive(pid), 5_000);
  await writeFile(file, content.replace(String(pid), String(process.pid)));
  const again = await start();
  expect(await queryOnce(again.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('the database is UTF-8, answers only on the loopback interface and only with its password', async () => {
  const { url } = await start();
  expect(await queryOnce(url, 'show listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
  expect(await queryOnce(url, 'show server_encoding')).toEqual([{ server_encoding: 'UTF8' }]);
  await expect(queryOnce(url.replace(/:[^:@/]*@/, ':wrong@'), 'select 1')).rejects.toThrow('password authentication failed');
});

test('a given database is used as it is, and refused with a reason and without its password when it cannot be', async () => {
  const { url } = await start();
  const given = await startPostgres({ dataDir: join(dataDir, 'unused'), env: { ...env, DATABASE_URL: url } });
  expect(given).toMatchObject({ url, origin: 'given' });
  expect(existsSync(join(dataDir, 'unused'))).toBe(false);
  const refused = startPostgres({ dataDir, env: { DATABASE_URL: 'postgres://me:hush@127.0.0.1:1/none' } });
  await expect(refused).rejects.toThrow(/DATABASE_URL \(postgres:\/\/me:\*\*\*@127\.0\.0\.1:1\/none\) cannot be used/);
});

test('a taken port is named', async () => {
  const { url } = await start();
  const port = Number(new URL(url).port);
  const other = startPostgres({ dataDir: join(dataDir, 'other'), env, port, durability: 'throwaway' });
  await expect(other).rejects.toThrow(`Port ${port} on 127.0.0.1 is taken`);
});
