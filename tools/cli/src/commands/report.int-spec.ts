import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Database } from '@app/shared';
import { createTestDatabase, seedOrg, testRedisUrl, type TestDatabase } from '@app/testing';
import type { Shell } from './context.js';
import { factsCommand } from './facts.js';
import type { ReportOptions } from './report-modes.js';
import { reportCommand } from './report.js';

const NOW = Date.UTC(2026, 2, 1, 12, 10);
const OPTIONS: ReportOptions = { org: 'org-alder', mode: 'report', format: 'text', json: false };

describe('mistwatch report', () => {
  let folder: string;
  let database: TestDatabase;
  let shell: Shell;
  let lines: string[];

  beforeAll(async () => {
    [folder, database] = await Promise.all([mkdtemp(join(tmpdir(), 'mistwatch-report-')), createTestDatabase()]);
    const db = new Database({ url: database.url, poolSize: 1 });
    const circuit = { mac: 'mac-1', portId: 'ge-0/0/0', name: 'main', state: 'up' as const };
    await seedOrg(db, {
      orgId: 'org-alder',
      name: 'Alder',
      now: NOW,
      sites: [{ id: 'site-1', name: 'Alder Street', region: 'North', circuits: [circuit] }],
    });
    await db.close();
    const clock = join(folder, 'clock');
    await Promise.all([writeFile(clock, String(NOW)), writeFile(join(folder, 'mistwatch.yaml'), '')]);
    shell = {
      variables: {
        DATABASE_URL: database.url,
        REDIS_URL: testRedisUrl().url,
        CONFIG_FILE: join(folder, 'mistwatch.yaml'),
        CLOCK_FILE: clock,
      },
      dataDir: folder,
      print: (line) => void lines.push(line),
      warn: () => undefined,
    };
  });
  beforeEach(() => (lines = []));
  afterAll(async () => {
    await Promise.all([database.drop(), rm(folder, { recursive: true })]);
  });

  it('prints the summary by default, and writes every file of a mode', async () => {
    await reportCommand(shell, OPTIONS);
    expect(lines.join('\n')).toContain('OVERALL HEALTH');
    lines = [];
    await reportCommand(shell, { ...OPTIONS, mode: 'all', out: join(folder, 'out') });
    expect(lines.map((file) => basename(file))).toEqual([
      'SUMMARY_REPORT_20260301T121000Z.txt',
      'HEALTH_DASHBOARD_20260301T121000Z.txt',
      'HEALTH_DASHBOARD_20260301T121000Z.json',
    ]);
  });

  it('writes a kind of report in a format, of the days that are over', async () => {
    await reportCommand(shell, { ...OPTIONS, kind: 'carrier', format: 'pdf', out: join(folder, 'out') });
    expect(basename(lines[0] ?? '')).toBe('CARRIER_REPORT_20260301T000000Z.pdf');
    expect((await readFile(lines[0] ?? '')).subarray(0, 5).toString()).toBe('%PDF-');
    await reportCommand(shell, { ...OPTIONS, kind: 'executive', format: 'json', region: 'North' });
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      report: 'executive',
      about: { period: '2026-02-22T00:00:00Z to 2026-03-01T00:00:00Z, days of UTC', region: 'North' },
    });
  });

  it.each([
    [{ kind: 'sle', format: 'xlsx' }, '--out'],
    [{ kind: 'sle', from: 'yesterday' }, '--from "yesterday"'],
    [{ kind: 'sle', site: 'nowhere' }, '--site: there is no such site'],
    [{ kind: 'summary', to: '2026-02-01T00:00:00Z' }, '--to: the summary tells how things are now'],
  ] as const)('says what is wrong with %j', async (given, words) => {
    await expect(reportCommand(shell, { ...OPTIONS, ...given })).rejects.toThrow(words);
  });

  it('writes the facts of a day that is over, and refuses another', async () => {
    const facts = { org: 'org-alder', out: join(folder, 'facts'), json: false };
    await factsCommand(shell, { ...facts, day: '2026-02-28' });
    expect(lines[0]).toMatch(/^circuit-hours\/2026\/02\/28\.[0-9a-f]{12}\.ndjson\.gz: \d+ rows, \d+ bytes$/);
    lines = [];
    await factsCommand(shell, { ...facts, day: '2026-02-28', json: true });
    expect(JSON.parse(lines[0] ?? '')).toEqual(
      JSON.parse((await readFile(join(folder, 'facts/org-alder/manifest/2026/02/28.json'))).toString()),
    );
    for (const [day, words] of [
      ['2026-03-01', 'is not over'],
      ['2024-12-31', 'facts are kept since 2025-02-03'],
      ['2026-02-30', 'is no day'],
    ] as const)
      await expect(factsCommand(shell, { ...facts, day })).rejects.toThrow(words);
  });
});
