import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from '@app/shared';
import { createTestDatabase, seedOrg, testRedisUrl, type TestDatabase } from '@app/testing';
import type { Shell } from './context.js';
import { explainCommand } from './explain.js';
import { replayCommand } from './replay.js';
import { addSilenceCommand, endSilenceCommand, listSilencesCommand } from './silence.js';

const NOW = Date.UTC(2026, 2, 1, 12, 10);
const ORG = 'org-alder';
const MAIL = 'email: { smtpUrl: "smtp://127.0.0.1:1", from: a@example.com, to: [a@example.com] }';
const busy = [90, 90, 90, 10, 10].map((utilizationPct) => ({ rxBytes: 1_000, utilizationPct }));

let folder: string;
let database: TestDatabase;
let db: Database;
let shell: Shell;
let lines: string[];
let alertId: number;

beforeAll(async () => {
  [folder, database] = await Promise.all([mkdtemp(join(tmpdir(), 'mistwatch-explain-')), createTestDatabase()]);
  db = new Database({ url: database.url, poolSize: 1 });
  const circuit = { mac: 'mac-1', portId: 'ge-0/0/0', name: 'main', state: 'up' as const, hours: busy };
  const site = { id: 'site-1', name: 'Alder Street', region: 'North', circuits: [circuit] };
  const { orgId } = await seedOrg(db, { orgId: ORG, name: 'Alder', now: NOW, sites: [site] });
  const state = { kind: 'pending', observedAt: NOW, breached: true, flips: [NOW], since: NOW, severity: 'critical', bad: 1 };
  const [alert] = await db.query<{ id: number }>(
    `insert into alert (org_id, rule, subject, site_id, state, status, severity, since, observed_at)
     select $1, 'site-down', 'site:' || id, id, $2, 'pending', 'critical', $3, $3 from site where org_id = $1 returning id`,
    [orgId, JSON.stringify(state), new Date(NOW)],
  );
  alertId = alert?.id ?? 0;
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
  await db.close();
  await Promise.all([database.drop(), rm(folder, { recursive: true })]);
});

describe('mistwatch explain', () => {
  it('tells the story of an alert', async () => {
    await explainCommand(shell, String(alertId), { org: ORG, json: false });
    expect(lines).toEqual([
      'site-down about site Alder Street is pending (critical). Nobody has been told: it has not fired yet.',
    ]);
  });

  it('says of a site and of a circuit why there is an alert, or none', async () => {
    await explainCommand(shell, 'site-1', { org: ORG, json: false });
    expect(lines[0]).toBe('1 open alert about site Alder Street: ask for the story of each by its number.');
    lines = [];
    await explainCommand(shell, 'mac-1:ge-0/0/0', { org: ORG, json: true });
    const { lines: told } = JSON.parse(lines[0] ?? '') as { lines: { text: string }[] };
    expect(told[0]?.text).toBe('There is no open alert about circuit main of Alder Street.');
  });

  it.each(['999999', 'nothing', "'"])('knows nothing of %s', async (what) => {
    await expect(explainCommand(shell, what, { org: ORG, json: false })).rejects.toThrow('There is no alert, site or circuit');
    await expect(explainCommand(shell, what, { org: 'none', json: false })).rejects.toThrow('There is no organization "none"');
  });
});

describe('mistwatch silence', () => {
  const add = (match: string[], hours = '2') =>
    addSilenceCommand(shell, { org: ORG, match, reason: 'power works', hours, owner: 'noc' });

  it('adds, lists and ends one', async () => {
    await add(['sites=site-1', 'sites=site-2', 'rules=site-down']);
    expect(lines).toEqual([expect.stringMatching(/^Silence \d+ holds until 2026-03-01T14:10:00.000Z\.$/)]);
    lines = [];
    await listSilencesCommand(shell, { org: ORG });
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { matcher: { sites: ['site-1', 'site-2'], rules: ['site-down'] }, owner: 'noc', reason: 'power works' },
    ]);
    const { id } = JSON.parse(lines[0] ?? '') as { id: number };
    await endSilenceCommand(shell, String(id), { org: ORG });
    await expect(endSilenceCommand(shell, String(id), { org: ORG })).rejects.toThrow('still holds');
    expect(await db.query(`select actor, action from audit where action like 'silence%' order by id`)).toEqual([
      { actor: 'cli', action: 'silence.create' },
      { actor: 'cli', action: 'silence.end' },
    ]);
  });

  it.each([
    [['nonsense=x'], '2', 'is no key of a matcher'],
    [['rules=none'], '2', 'is no rule'],
    [['sites'], '2', 'key=value'],
    [['sites=site-1'], '0', '--hours'],
    [['sites=site-1'], 'x', '--hours'],
  ])('refuses %j for %s hours', async (match, hours, message) => {
    await expect(add(match, hours)).rejects.toThrow(message);
  });
});

describe('mistwatch replay', () => {
  const file = async (text: string): Promise<string> => {
    const path = join(folder, 'rules.yaml');
    await writeFile(path, text);
    return path;
  };
  const period = { org: ORG, from: '2026-03-01T00:00:00Z', to: '2026-03-01T12:00:00Z' };
  const replay = (rules: string) => replayCommand(shell, { ...period, rules, json: false });

  it('prints which alerts and notices would be new', async () => {
    await writeFile(join(folder, 'mistwatch.yaml'), MAIL);
    await replay(await file('rules: [{ id: busy, name: Busy, metric: utilization, threshold: 80, badCount: 2 }]'));
    await writeFile(join(folder, 'mistwatch.yaml'), '');
    expect(lines.slice(0, 10)).toEqual([
      '12 hours, 1 circuits, 0 sites',
      'custom:busy: 1 alerts (0 by the rules as they are). There were 0, 0 of them told in 0 notices: 0 stay, 1 are new, 0 go.',
      '  tried on closed hours.',
      expect.stringMatching(/^ {2}new {3}2026-03-01 \d\d:00 {2}major {2}mac-1:ge-0\/0\/0$/),
      '0 notices were sent: 0 stay, 1 are new, 0 go.',
      'As the rules are: 0 notices about 0 incidents.',
      'As tried: 1 notices about 1 incidents (opened 1).',
      '  email:a@example.com: sent 0, as the rules are 0, as tried 1',
      '  about incidents with custom:busy: sent 0, as the rules are 0, as tried 1',
      expect.stringMatching(/^ {2}new {3}2026-03-01 \d\d:00 {2}opened to email:a@example.com {2}custom:busy mac-1:ge-0\/0\/0$/),
    ]);
  });

  it('prints who would have been told', async () => {
    const at = new Date('2026-03-01T09:00:00Z');
    const [incident] = await db.query<{ id: number }>(
      `with a as (insert into alert (org_id, rule, subject, state, status, severity, since, fired_at, observed_at)
         select org_id, 'collector-stopped', 'org', '{"kind":"firing"}', 'firing', 'critical', $1, $1, $1 from site returning org_id, id),
       c as (insert into alert_change (org_id, alert_id, seq, at, to_status, severity, reason) select org_id, id, 1, $1, 'firing', 'critical', 'fired-at-once' from a),
       i as (insert into incident (org_id, group_key, title, severity, opened_at) select org_id, 'collection', 'Alder: nothing is collected', 'critical', $1 from a returning org_id, id),
       m as (insert into incident_alert (org_id, incident_id, alert_id, severity, joined_at) select i.org_id, i.id, a.id, 'critical', $1 from i, a)
       select id from i`,
      [at],
    );
    const routing = await file(
      'policies: [{ id: all, steps: [{ to: [email:noc@example.com], repeatMinutes: 60, repeats: 1 }] }]',
    );
    await writeFile(join(folder, 'mistwatch.yaml'), MAIL);
    await replayCommand(shell, { ...period, routing, json: false });
    await writeFile(join(folder, 'mistwatch.yaml'), '');
    expect(lines.slice(0, 7)).toEqual([
      '1 incidents, 0 notices sent about them.',
      'As the rules are: 1 notices about 1 incidents (opened 1).',
      'As tried: 2 notices about 1 incidents (opened 1, repeat 1).',
      '  email:noc@example.com: sent 0, as the rules are 0, as tried 2',
      '  email:a@example.com: sent 0, as the rules are 1, as tried 0',
      '1 incidents would have been told otherwise.',
      `  incident ${String(incident?.id)}  2026-03-01 09:00  critical  Alder: nothing is collected: 1 -> 2`,
    ]);
  });

  it('refuses what is no rule', async () => {
    await expect(replay(await file('rules: [{ id: nonsense-rule }]'))).rejects.toThrow('rules');
    await expect(replay(await file(''))).rejects.toThrow('no section "rules"');
    await expect(replayCommand(shell, { ...period, json: false })).rejects.toThrow('Give one of --rules FILE');
    await expect(replay(join(folder, 'none.yaml'))).rejects.toThrow('cannot be read (ENOENT)');
  });
});
