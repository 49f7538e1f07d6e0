import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ensurePartitions, upsertOrg, type FactManifest } from '@app/shared';
import { MINUTE, Rig } from '../rig.spec-support.js';
import { FactExportService } from './fact-export.service.js';

const HOUR = 60 * MINUTE;
const DAY = Date.UTC(2026, 2, 1);
const TABLES = ['circuit-hours', 'circuit-days', 'path-hours', 'site-sle-hours', 'site-sle-days'];

const going = new AbortController().signal;

let rig: Rig;
let folder: string;
let facts: FactExportService;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'facts-'));
  rig = await Rig.start();
  await upsertOrg(rig.database, { externalId: '../org-2', name: 'Other' });
  for (const table of ['circuit_hour'] as const)
    await ensurePartitions(rig.database, table, [DAY - 24 * HOUR, DAY, DAY + 24 * HOUR, DAY + 48 * HOUR]);
  for (const org of ['org-1', '../org-2']) await hours(org);
  facts = await notifier();
}, 30_000);
afterAll(async () => {
  await rig.stop();
  rmSync(folder, { recursive: true });
}, 30_000);

const notifier = async (): Promise<FactExportService> =>
  (await rig.notifier([], { facts: { export: { folder, backDays: 2 } } })).app.get(FactExportService);

/** Two circuits, all hours of three days. */
async function hours(org: string): Promise<void> {
  await rig.database.query(
    `with s as (insert into site (org_id, external_id, name) select id, 'site ' || external_id, 'Store "1"' from org where external_id = $1 returning org_id, id),
       c as (insert into circuit (org_id, mac, port_id, site_id, is_live) select org_id, '02000000000' || n, 'ge-0/0/0', id, true from s, generate_series(1, 2) n
         returning org_id, id, site_id)
     insert into circuit_hour (org_id, circuit_id, hour, site_id, source, rx_bytes, covered_ms, up_ms, down_ms, latency_count, jitter_count, loss_count, counter_reset)
     select org_id, id, $2::timestamptz + h * interval '1 hour', site_id, 'samples', 1000 + h, 3600000, 3600000, 0, 0, 0, 0, false from c, generate_series(0, 71) h`,
    [org, new Date(DAY - 24 * HOUR)],
  );
}

const pathOf = (...parts: string[]): string => join(folder, ...parts);
const manifest = (day: string, org = 'org-1'): FactManifest =>
  JSON.parse(readFileSync(pathOf(org, 'manifest', `${day}.json`), 'utf8')) as FactManifest;
const fileOf = (day: string, table: string, org = 'org-1'): string =>
  manifest(day, org).files.find((file) => file.table === table)?.file ?? '';
const rowsOf = (day: string, org = 'org-1'): Record<string, unknown>[] =>
  gunzipSync(readFileSync(pathOf(org, fileOf(day, 'circuit-hours', org))))
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const inode = (path: string): number => statSync(pathOf('org-1', path)).ino;
const names = (): string[] => readdirSync(folder, { recursive: true, encoding: 'utf8' });

it('writes the days that are over, each with a manifest of what it holds, for each organization apart', async () => {
  await Promise.all([facts.sweep(going), (await notifier()).sweep(going)]);
  // Who found the other at it looks again.
  rig.clock.advance(5 * MINUTE);
  await facts.sweep(going);
  for (const org of ['org-1', '..%2Forg-2']) {
    const { files, ...about } = manifest('2026/03/01', org);
    expect(about).toMatchObject({
      org: decodeURIComponent(org),
      day: '2026-03-01',
      from: '2026-03-01T00:00:00.000Z',
      timezone: 'UTC',
    });
    expect(files.map(({ table }) => table)).toEqual(TABLES);
    for (const { file, bytes, sha256 } of files) {
      const content = readFileSync(pathOf(org, file));
      expect([content.length, createHash('sha256').update(content).digest('hex')]).toEqual([bytes, sha256]);
    }
    const rows = rowsOf('2026/03/01', org);
    expect([files[0]?.rows, rows.length]).toEqual([48, 48]);
    expect(rows[0]).toMatchObject({ hour: '2026-03-01T00:00:00Z', circuit_id: '020000000001:ge-0/0/0', rx_bytes: 1024 });
    expect(new Set(rows.map((row) => row['site_id']))).toEqual(new Set([`site ${decodeURIComponent(org)}`]));
  }
  expect(rowsOf('2026/02/28')).toHaveLength(48);
  expect(existsSync(pathOf('org-1', 'manifest', '2026/02/27.json'))).toBe(false);
  expect(names().filter((name) => name.endsWith('.part'))).toEqual([]);
});

it('waits for its time, and then writes the new day and the one that changed, nothing else', async () => {
  const before = manifest('2026/03/01');
  const same = [fileOf('2026/03/01', 'circuit-days'), fileOf('2026/02/28', 'circuit-hours'), 'manifest/2026/02/28.json'];
  const inodes = same.map(inode);
  await rig.database.query(`update circuit_hour set rx_bytes = 7 where hour = $1 and org_id = $2`, [new Date(DAY), rig.orgId]);
  rig.clock.set('2026-03-03T02:59:00Z');
  await facts.sweep(going);
  expect(manifest('2026/03/01')).toEqual(before);
  rig.clock.set('2026-03-03T03:00:00Z');
  await facts.sweep(going);
  expect(rowsOf('2026/03/01')[0]).toMatchObject({ rx_bytes: 7 });
  expect(names().filter((name) => name.startsWith('org-1/circuit-hours/2026/03/01.'))).toEqual([
    `org-1/${fileOf('2026/03/01', 'circuit-hours')}`,
  ]);
  expect(manifest('2026/03/01').revision).not.toBe(before.revision);
  expect(manifest('2026/03/02').files[0]).toMatchObject({ rows: 48 });
  expect(same.map(inode)).toEqual(inodes);
});

it('says what is wrong with the folder, leaves nothing half-written, and fills the hole when it is mended', async () => {
  rig.clock.set('2026-03-05T03:00:00Z');
  const table = pathOf('org-1', 'path-hours');
  renameSync(table, `${table}.away`);
  writeFileSync(table, 'no folder');
  await facts.sweep(going);
  expect(existsSync(pathOf('org-1', 'manifest', '2026/03/03.json'))).toBe(false);
  expect(names().filter((name) => name.endsWith('.part'))).toEqual([]);
  expect(existsSync(pathOf('..%2Forg-2', 'manifest', '2026/03/04.json'))).toBe(true);
  rmSync(table);
  renameSync(`${table}.away`, table);
  writeFileSync(pathOf('org-1', 'path-hours', '2026/03/.03.0123456789ab.part'), 'left by a process that was killed');
  rig.clock.advance(5 * MINUTE);
  await facts.sweep(going);
  expect(['2026/03/03', '2026/03/04'].map((day) => manifest(day).files.length)).toEqual([5, 5]);
  expect(names().filter((name) => name.endsWith('.part'))).toEqual([]);
});

it('keeps the files that a manifest names until there is another manifest', async () => {
  await rig.database.query(`update circuit_hour set rx_bytes = 8 where hour = $1 and org_id = $2`, [new Date(DAY), rig.orgId]);
  const before = manifest('2026/03/01');
  const table = pathOf('org-1', 'path-hours');
  renameSync(table, `${table}.away`);
  writeFileSync(table, 'no folder');
  rig.clock.advance(24 * HOUR);
  await facts.sweep(going);
  expect(manifest('2026/03/01')).toEqual(before);
  const known = readFileSync(pathOf('org-1', fileOf('2026/03/01', 'circuit-hours')));
  expect(createHash('sha256').update(known).digest('hex')).toBe(before.files[0]?.sha256);
  rmSync(table);
  renameSync(`${table}.away`, table);
  rig.clock.advance(5 * MINUTE);
  await facts.sweep(going);
  expect(rowsOf('2026/03/01')[0]).toMatchObject({ rx_bytes: 8 });
  expect(names().filter((name) => name.startsWith('org-1/circuit-hours/2026/03/01.'))).toHaveLength(1);
});

it('writes on when a clock that was ahead comes back, and stops between days when it is told to', async () => {
  rig.clock.set('2026-03-06T04:00:00Z');
  await facts.sweep(going);
  rmSync(pathOf('org-1', 'manifest', '2026/03/05.json'));
  rig.clock.set('2026-03-06T03:00:00Z');
  await facts.sweep(AbortSignal.abort());
  expect(existsSync(pathOf('org-1', 'manifest', '2026/03/05.json'))).toBe(false);
  rig.clock.advance(5 * MINUTE);
  await facts.sweep(going);
  expect(manifest('2026/03/05').files).toHaveLength(5);
});
