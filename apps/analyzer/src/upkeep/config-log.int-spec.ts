import { Database, parseSettings, upsertOrg } from '@app/shared';
import { createTestDatabase, ManualClock, type TestDatabase } from '@app/testing';
import { ConfigLog } from './config-log.js';

const NOW = Date.UTC(2026, 2, 3, 12);
const ORG = 'org-alder';

let testDatabase: TestDatabase;
let database: Database;
beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = new Database({ url: testDatabase.url });
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

const rule = (id: string, severity: string): string =>
  `{ id: ${id}, name: ${id}, metric: loss, threshold: 5, severity: ${severity} }`;
const email = (to: string): string =>
  `email: { smtpUrl: smtp://mail.example.com:25, from: mistwatch@example.com, to: [${to}@example.com] }`;
/** An analyzer that starts with this file. */
const started = (yaml: string): ConfigLog => new ConfigLog(database, parseSettings(yaml, {}), new ManualClock(NOW));
const audit = () =>
  database.query('select actor, action, subject, details from audit where at = $1 order by id', [new Date(NOW)]);

test('a changed configuration stands in the audit log once, with what it said before', async () => {
  const before = `{ ${email('anna')}, rules: [${rule('slow', 'major')}, ${rule('lossy', 'major')}], alerts: { repeatMinutes: 240 } }`;
  const after = `{ ${email('bo')}, rules: [${rule('slow', 'critical')}, ${rule('dark', 'major')}], alerts: { repeatMinutes: 60 } }`;

  await started(before).note();
  expect(await database.query('select 1 from config_item')).toEqual([]);
  await upsertOrg(database, { externalId: ORG });
  await started(before).note();
  await started(before).note();
  expect(await audit()).toEqual([]);

  // Two analyzers start with the new file at once, and one looks again and again.
  const [one, other] = [started(after), started(after)];
  await Promise.all([one.note(), other.note(), one.note()]);
  await one.note();
  expect(await audit()).toMatchObject([
    { actor: 'configuration', action: 'config-changed', subject: 'alerts.repeatMinutes', details: { from: 240, to: 60 } },
    { action: 'config-changed', subject: 'email', details: {} },
    { action: 'config-added', subject: 'rule:custom:dark', details: { to: { id: 'custom:dark' } } },
    { action: 'config-removed', subject: 'rule:custom:lossy', details: { from: { id: 'custom:lossy' } } },
    {
      action: 'config-changed',
      subject: 'rule:custom:slow',
      details: { from: { severity: 'major' }, to: { severity: 'critical' } },
    },
  ]);
  expect(JSON.stringify(await audit())).not.toContain('bo@example.com');
});
