import { observationOfCircuit, observationOfSite, observationOfSle, type Observation, type Severity } from '@app/domain';
import { Database, parseSettings, upsertOrg } from '@app/shared';
import { createTestDatabase, type TestDatabase } from '@app/testing';
import { AlertingService } from './alerting.service.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const T0 = Date.UTC(2026, 2, 2, 12);

let testDatabase: TestDatabase;
let database: Database;
let orgId: number;
let alerting: AlertingService;
beforeEach(async () => {
  testDatabase = await createTestDatabase();
  database = new Database({ url: testDatabase.url });
  ({ id: orgId } = await upsertOrg(database, { externalId: 'org-1' }));
  alerting = new AlertingService(database, parseSettings('{}', {}));
}, 60_000);
afterEach(async () => {
  await database.close();
  await testDatabase.drop();
});

const circuit = (state: 'up' | 'down' | null, at: number, circuitId = 9): Observation =>
  observationOfCircuit({ siteId: 1, siteName: 'Alpha', circuitId, circuitName: 'alpha:ge-0/0/0', state, disabled: false, at });
const site = (connected: boolean, at: number): Observation =>
  observationOfSite({ siteId: 1, siteName: 'Alpha', gateways: [{ connected }], circuits: [], at });
const sle = (severity: Severity, at: number): Observation =>
  observationOfSle({
    siteId: 1,
    siteName: 'Alpha',
    metrics: [{ metric: 'coverage', score: severity === 'unknown' ? null : 0.6, severity }],
    at,
  });

const evaluate = (observations: Observation[], now: number) =>
  database.transaction((tx) => alerting.evaluate(tx, { orgId, now, correlationId: 'corr-1', observations }));
const alerts = () => database.query('select rule, subject, status, severity from alert order by id');
const changes = () =>
  database.query<{ seq: number; to: string; reason: string }>(
    'select alert_id as id, seq, to_status as "to", reason from alert_change order by alert_id, seq',
  );
const outbox = () =>
  database.query('select alert_id as id, seq, correlation_id as "correlationId" from outbox order by alert_id, seq');

describe('AlertingService', () => {
  it('leaves no trace of what was never wrong', async () => {
    expect(await evaluate([circuit('up', T0), site(true, T0), sle('info', T0), circuit(null, T0)], T0)).toEqual({ changed: 0 });
    expect(await alerts()).toEqual([]);
  });

  it('opens, raises and resolves one alert with its history and outbox, and nothing by repetition', async () => {
    const steps: [Observation, number][] = [
      [sle('major', T0), 1],
      [sle('critical', T0 + 15 * MINUTE), 1],
      [sle('info', T0 + 30 * MINUTE), 0],
      [sle('info', T0 + 45 * MINUTE), 1],
    ];
    for (const [observation, changed] of steps) {
      expect(await evaluate([observation], observation.at)).toEqual({ changed });
      expect(await evaluate([observation], observation.at + SECOND)).toEqual({ changed: 0 });
    }
    for (const [observation] of steps) expect(await evaluate([observation], T0 + 60 * MINUTE)).toEqual({ changed: 0 });
    expect(await alerts()).toEqual([{ rule: 'sle', subject: 'site:1', status: 'resolved', severity: 'critical' }]);
    expect((await changes()).map(({ seq, to, reason }) => `${seq} ${to} ${reason}`)).toEqual([
      '1 firing fired-at-once',
      '2 firing severity-raised',
      '3 resolved good-lasted',
    ]);
    expect(await outbox()).toMatchObject([{ seq: 1, correlationId: 'corr-1' }, { seq: 2 }, { seq: 3 }]);
  });

  it('moves by time alone: a site after two minutes down, a circuit after two minutes up', async () => {
    expect(await evaluate([site(false, T0), circuit('down', T0)], T0)).toEqual({ changed: 1 });
    expect(await alerting.sweep(orgId, T0 + 119 * SECOND)).toEqual({ changed: 0 });
    expect(await alerting.sweep(orgId, T0 + 120 * SECOND)).toEqual({ changed: 1 });
    await evaluate([circuit('up', T0 + 5 * MINUTE)], T0 + 5 * MINUTE);
    expect(await alerting.sweep(orgId, T0 + 7 * MINUTE)).toEqual({ changed: 1 });
    expect(await alerting.sweep(orgId, T0 + 60 * MINUTE)).toEqual({ changed: 0 });
    expect(await alerts()).toMatchObject([
      { rule: 'circuit-down', status: 'resolved' },
      { rule: 'site-down', status: 'firing', severity: 'critical' },
    ]);
  });

  it('tells nobody of a site that came back before it fired', async () => {
    await evaluate([site(false, T0)], T0);
    expect(await evaluate([site(true, T0 + MINUTE)], T0 + MINUTE)).toEqual({ changed: 0 });
    expect(await alerts()).toMatchObject([{ status: 'resolved' }]);
    expect(await outbox()).toEqual([]);
  });

  it('remembers flaps from one alert to the next', async () => {
    const at = (minute: number) => T0 + minute * MINUTE;
    await evaluate([circuit('down', at(0))], at(0));
    await evaluate([circuit('up', at(5))], at(5));
    await alerting.sweep(orgId, at(7));
    await evaluate([circuit('down', at(20)), circuit('up', at(25))], at(25));
    expect((await changes()).map(({ reason }) => reason)).toEqual(['fired-at-once', 'good-lasted', 'fired-at-once', 'flapping']);
    await alerting.sweep(orgId, at(84));
    expect((await alerts())[1]).toMatchObject({ status: 'firing' });
    await alerting.sweep(orgId, at(85));
    expect((await alerts())[1]).toMatchObject({ status: 'resolved' });
  });

  it('does not resolve while the metric that fired gives no answer', async () => {
    const both = (coverage: Severity, at: number) =>
      observationOfSle({
        siteId: 1,
        siteName: 'Alpha',
        at,
        metrics: [
          { metric: 'coverage', score: 0.5, severity: coverage },
          { metric: 'ap-health', score: 1, severity: 'info' },
        ],
      });
    await evaluate([both('critical', T0)], T0);
    for (let poll = 1; poll < 5; poll += 1) await evaluate([both('unknown', T0 + poll * MINUTE)], T0 + poll * MINUTE);
    expect(await alerts()).toMatchObject([{ status: 'firing' }]);
  });

  it('opens one alert when two processes see the same thing at once', async () => {
    const observations = Array.from({ length: 200 }, (_, i) => circuit('down', T0, i));
    const results = await Promise.all([
      evaluate(observations, T0),
      evaluate([...observations].reverse(), T0),
      evaluate(observations, T0),
    ]);
    expect(results.reduce((sum, { changed }) => sum + changed, 0)).toBe(200);
    expect(await alerts()).toHaveLength(200);
    expect(await outbox()).toHaveLength(200);
  });

  it('keeps nothing of a transaction that fails', async () => {
    const failing = database.transaction(async (tx) => {
      await alerting.evaluate(tx, { orgId, now: T0, correlationId: null, observations: [circuit('down', T0)] });
      throw new Error('the disk is full');
    });
    await expect(failing).rejects.toThrow('the disk is full');
    expect(await outbox()).toEqual([]);
  });
});
