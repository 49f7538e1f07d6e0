import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database, upsertOrg } from '@app/shared';
import { createTestDatabase, testRedisUrl, type TestDatabase } from '@app/testing';
import type { Shell } from './context.js';
import { deliveriesCommand } from './deliveries.js';

const AT = new Date(Date.UTC(2026, 2, 2, 12));

let folder: string;
let test: TestDatabase;
let database: Database;
let shell: Shell;
let lines: string[];

beforeAll(async () => {
  [folder, test] = await Promise.all([mkdtemp(join(tmpdir(), 'mistwatch-deliveries-')), createTestDatabase()]);
  database = new Database({ url: test.url, poolSize: 1 });
  const file = join(folder, 'mistwatch.yaml');
  await writeFile(file, 'orgs: []\n');
  const variables = { DATABASE_URL: test.url, REDIS_URL: testRedisUrl().url, CONFIG_FILE: file };
  const say = (line: string): void => void lines.push(line);
  shell = { variables, dataDir: folder, print: say, warn: say };
});
beforeEach(() => (lines = []));
afterAll(async () => {
  await database.close();
  await Promise.all([test.drop(), rm(folder, { recursive: true })]);
});

/** A notice that was given up after one attempt. */
async function deadDelivery(org: string): Promise<number> {
  const { id: orgId } = await upsertOrg(database, { externalId: org });
  const [row] = await database.query<{ id: number }>(
    `with i as (insert into incident (org_id, group_key, title, severity, opened_at) values ($1, 'site:1', 'Alpha: site down', 'critical', $2) returning id), d as (
       insert into delivery (org_id, incident_id, step, destination, channel, reason, status, created_at, due_at, attempts, notification)
       select $1, id, 1, 'noc:#noc', 'noc', 'opened', 'dead', $2, $2, 1, '{"title":"Alpha: site down"}' from i returning id), a as (
       insert into delivery_attempt (org_id, delivery_id, attempt, at, outcome, answer) select $1, id, 1, $2, 'dead', 'Slack answered 410' from d)
     select id from d`,
    [orgId, AT],
  );
  return row?.id ?? 0;
}
const command = (more: { org?: string; dead?: boolean; replay?: string }) =>
  deliveriesCommand(shell, { org: 'org-1', dead: false, ...more });

describe('mistwatch deliveries', () => {
  it('lists what was given up, and puts one back with a line in the audit log', async () => {
    const id = await deadDelivery('org-1');
    await command({ dead: true });
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        id,
        incidentId: 1,
        destination: 'noc:#noc',
        reason: 'opened',
        title: 'Alpha: site down',
        createdAt: AT.toISOString(),
        attempts: 1,
        lastAt: AT.toISOString(),
        lastAnswer: 'Slack answered 410',
      },
    ]);
    await command({ replay: String(id) });
    expect(await database.query('select status from delivery')).toEqual([{ status: 'due' }]);
    expect(await database.query('select actor, action, subject from audit')).toEqual([
      { actor: 'cli', action: 'delivery.replay', subject: `delivery:${id}` },
    ]);
    await command({ dead: true });
    expect(lines).toHaveLength(2);
  });

  it('touches nothing of another organization, and nothing that was not given up', async () => {
    const id = await deadDelivery('org-2');
    await upsertOrg(database, { externalId: 'org-3' });
    await expect(command({ org: 'org-3', replay: String(id) })).rejects.toThrow(`There is no delivery ${id}.`);
    await database.query(`update delivery set status = 'sent' where id = $1`, [id]);
    await expect(command({ org: 'org-2', replay: String(id) })).rejects.toThrow('was not given up');
    await expect(command({ replay: 'x' })).rejects.toThrow('There is no delivery x.');
    await expect(command({ org: 'nobody', dead: true })).rejects.toThrow('There is no organization "nobody".');
    await expect(command({})).rejects.toThrow('Give either --dead');
  });
});
