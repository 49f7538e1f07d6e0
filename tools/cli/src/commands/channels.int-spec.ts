import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from '@app/shared';
import {
  createTestDatabase,
  startFakePagerDuty,
  startFakeSlack,
  testRedisUrl,
  type FakePagerDuty,
  type FakeSlack,
  type TestDatabase,
} from '@app/testing';
import { listChannelsCommand, testChannelCommand } from './channels.js';
import type { Shell } from './context.js';

let folder: string;
let database: TestDatabase;
let slack: FakeSlack;
let pager: FakePagerDuty;
let shell: Shell;
let lines: string[];

beforeAll(async () => {
  [folder, database, slack, pager] = await Promise.all([
    mkdtemp(join(tmpdir(), 'mistwatch-channels-')),
    createTestDatabase(),
    startFakeSlack(),
    startFakePagerDuty(),
  ]);
  const file = join(folder, 'mistwatch.yaml');
  await writeFile(
    file,
    `channels:
  - { id: noc, type: slack, token: "${slack.token}", channel: "#noc", apiUrl: "${slack.apiUrl}", allowPrivate: true }
  - { id: duty, type: pagerduty, routingKey: "${pager.routingKey}", eventsUrl: "${pager.eventsUrl}", allowPrivate: true }
  - { id: inside, type: teams, webhookUrl: https://127.0.0.1:9/hook-secret }
`,
  );
  const { url } = testRedisUrl();
  shell = {
    variables: { DATABASE_URL: database.url, REDIS_URL: url, CONFIG_FILE: file },
    dataDir: folder,
    print: (line) => void lines.push(line),
    warn: (line) => void lines.push(line),
  };
});
beforeEach(() => (lines = []));
afterAll(async () => {
  await Promise.all([slack.close(), pager.close(), database.drop(), rm(folder, { recursive: true })]);
});

async function audited(): Promise<unknown[]> {
  const db = new Database({ url: database.url, poolSize: 1 });
  const rows = await db.query('select actor, action, subject, details from audit order by id desc limit 1');
  await db.close();
  return rows;
}

describe('mistwatch channels', () => {
  it('lists what is configured without its secrets', async () => {
    await listChannelsCommand(shell);
    expect(lines).toEqual([
      '{"id":"noc","name":"Slack","destinations":["noc:#noc"]}',
      '{"id":"duty","name":"PagerDuty","destinations":["duty:service"]}',
      '{"id":"inside","name":"Microsoft Teams","destinations":["inside:workflow"]}',
    ]);
  });

  it('sends a test message, and says so in the audit log', async () => {
    await testChannelCommand(shell, 'noc');
    expect(lines).toEqual(['noc:#noc: taken']);
    expect(slack.posts[0]?.text).toBe('✅ [RECOVERED] Test message: nothing is wrong, this channel works');
    expect(await audited()).toEqual([
      {
        actor: 'cli',
        action: 'channel.test',
        subject: 'channel:noc',
        details: { destinations: [{ destination: 'noc:#noc', failure: null }] },
      },
    ]);
  });

  it('leaves nobody called', async () => {
    await testChannelCommand(shell, 'duty');
    expect([...pager.alerts.values()]).toEqual([expect.objectContaining({ status: 'resolved', severity: 'info' })]);
  });

  it('says what went wrong, and ends with a fault', async () => {
    await expect(testChannelCommand(shell, 'inside')).rejects.toThrow('1 of 1 destinations did not take the test message');
    expect(lines).toEqual([expect.stringContaining('inside:workflow: Nothing is sent to 127.0.0.1')]);
    expect(JSON.stringify(await audited())).toContain('Nothing is sent to 127.0.0.1');
    await expect(testChannelCommand(shell, 'nok')).rejects.toThrow('There is no channel "nok". Configured: noc, duty, inside.');
  });
});
