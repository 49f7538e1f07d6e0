import { healthScore, resolveThresholds, SLE_METRICS, type SleMetric } from '@app/domain';
import { Database, ensurePartitions, parseSettings, upsertOrg } from '@app/shared';
import { createTestDatabase, type TestDatabase } from '@app/testing';
import { prepareHistory } from './history-partitions.js';
import { refoldHistory } from './refold-history.js';
import { SleWriter, type SleScore } from './sle.writer.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** The day on which clocks in Berlin went forward. */
const SHORT_DAY = Date.parse('2026-03-28T23:00Z');

let testDatabase: TestDatabase;
let database: Database;
let orgId: number;
let siteId: number;
let writer: SleWriter;
beforeEach(async () => {
  testDatabase = await createTestDatabase();
  database = new Database({ url: testDatabase.url });
  ({ id: orgId } = await upsertOrg(database, { externalId: 'org-1', reportingTimezone: 'Europe/Berlin' }));
  const [site] = await database.query<{ id: number }>(`insert into site (org_id, external_id) values ($1, 's1') returning id`, [
    orgId,
  ]);
  siteId = site?.id ?? 0;
  writer = new SleWriter(parseSettings('', {}));
  const days = Array.from({ length: 6 }, (_, index) => SHORT_DAY + (index - 2) * DAY);
  for (const table of ['sle_sample', 'insight'] as const) await ensurePartitions(database, table, days);
  await prepareHistory(database, days);
}, 60_000);
afterEach(async () => {
  await database.close();
  await testDatabase.drop();
});

interface Given {
  readonly at: number;
  readonly score: number | null;
  readonly clients?: number | null;
  readonly window?: readonly [number, number];
  readonly metric?: SleMetric;
}
const scoreOf = ({ at, score, clients = null, window, metric = 'coverage' }: Given): SleScore => ({
  siteId,
  at,
  numAps: 5,
  numClients: clients,
  windowFrom: window?.[0] ?? null,
  windowTo: window?.[1] ?? null,
  scores: new Map([[metric, score]]),
});
const store = (given: readonly Given[], receivedAt = SHORT_DAY + 2 * DAY) =>
  database.transaction((tx) => writer.store(tx, { orgId, externalOrgId: 'org-1' }, given.map(scoreOf), receivedAt));
const detail = (hours: readonly { hour: number; totalMinutes: number; degradedMinutes: number }[], at = SHORT_DAY + DAY) =>
  database.transaction((tx) =>
    writer.storeHourDetails(
      tx,
      { orgId, externalOrgId: 'org-1' },
      hours.map((hour) => ({ siteId, metric: 'coverage', at, ...hour })),
    ),
  );

const hours = async (): Promise<Record<string, number | null>> => {
  const rows = await database.query<{ hour: Date; score: number | null }>(
    'select hour, score from site_sle_hour order by hour, metric',
  );
  return Object.fromEntries(rows.map(({ hour, score }) => [hour.toISOString().slice(5, 16), score]));
};
const days = () =>
  database.query<{ start: Date; score: number | null; hours: number }>(
    'select start, score, hours from site_sle_day order by metric, start',
  );
const everything = async (): Promise<unknown> =>
  Promise.all(
    [
      'select site_id, metric, hour, score, total_minutes, num_clients, is_exact, reading_at from site_sle_hour order by 1, 2, 3',
      'select * from site_sle_day order by 1, 2, 3, 4',
      'select * from health_hour order by 1, 2, 3',
      'select * from health_day order by 1, 2, 3',
    ].map((sql) => database.query(sql)),
  );

const window = (hour: number): readonly [number, number] => [hour, hour + HOUR];

describe('an hour of a service level', () => {
  it('is told by the last reading of its window; one without a window tells of the hour it was taken in', async () => {
    await store([
      { at: SHORT_DAY + 1.25 * HOUR, score: 0.9, window: window(SHORT_DAY) },
      { at: SHORT_DAY + 1.75 * HOUR, score: 0.8, window: window(SHORT_DAY) },
      { at: SHORT_DAY + 2.5 * HOUR, score: 0.7 },
    ]);
    expect(await hours()).toEqual({ '03-28T23:00': 0.8, '03-29T01:00': 0.7 });
  });

  it('prefers the reading of exactly that hour to a later one of a day', async () => {
    await store([
      { at: SHORT_DAY + 1.25 * HOUR, score: 0.9, window: window(SHORT_DAY) },
      { at: SHORT_DAY + 1.75 * HOUR, score: 0.5, window: [SHORT_DAY - 23 * HOUR, SHORT_DAY + HOUR] },
    ]);
    expect(await hours()).toEqual({ '03-28T23:00': 0.9 });
  });

  it('has no data without clients, unless the metric is not about them', async () => {
    await store([
      { at: SHORT_DAY, score: 0.2, clients: 0 },
      { at: SHORT_DAY, score: 0.4, clients: 0, metric: 'ap-health' },
      { at: SHORT_DAY + HOUR, score: null },
    ]);
    expect(await hours()).toEqual({ '03-28T23:00': 0.4 });
  });

  it('believes the user-minutes of the detail, whichever came first, and of two details the later', async () => {
    const [first, second] = [
      { hour: SHORT_DAY, totalMinutes: 800, degradedMinutes: 80 },
      { hour: SHORT_DAY, totalMinutes: 1000, degradedMinutes: 250 },
    ];
    await detail([second], SHORT_DAY + 2 * DAY);
    await store([{ at: SHORT_DAY, score: 0.1, clients: 3 }]);
    await detail([first], SHORT_DAY + DAY);
    expect(await hours()).toEqual({ '03-28T23:00': 0.75 });
    await detail([{ hour: SHORT_DAY, totalMinutes: 0, degradedMinutes: 0 }], SHORT_DAY + 3 * DAY);
    expect(await hours()).toEqual({ '03-28T23:00': 0.75 });
  });

  it('falls back to another reading, or to no data, when its own is corrected to say nothing', async () => {
    await store([
      { at: SHORT_DAY, score: 0.9 },
      { at: SHORT_DAY + HOUR / 2, score: 0.5 },
    ]);
    await store([{ at: SHORT_DAY + HOUR / 2, score: null }]);
    expect(await hours()).toEqual({ '03-28T23:00': 0.9 });
    await store([{ at: SHORT_DAY, score: null }]);
    expect(await hours()).toEqual({ '03-28T23:00': null });
    expect(await days()).toMatchObject([{ score: null, hours: 0 }]);
  });
});

describe('a day of a service level', () => {
  it('is its hours weighted by user-minutes, also when it has 23 of them', async () => {
    // 23 hours of 10 clients (600 minutes) at 0.9, one of them with a detail of 2400 minutes at 0.5; the hour after belongs to the next day.
    const readings = Array.from({ length: 24 }, (_, index) => ({ at: SHORT_DAY + index * HOUR, score: 0.9, clients: 10 }));
    await store(readings);
    await detail([{ hour: SHORT_DAY + 5 * HOUR, totalMinutes: 2400, degradedMinutes: 1200 }]);
    const [day, next] = await days();
    expect([day?.start.toISOString(), day?.hours, next?.start.toISOString(), next?.hours]).toEqual([
      '2026-03-28T23:00:00.000Z',
      23,
      '2026-03-29T22:00:00.000Z',
      1,
    ]);
    expect(day?.score).toBeCloseTo((22 * 600 * 0.9 + 2400 * 0.5) / (22 * 600 + 2400), 12);
  });

  it('weighs hours alike where nobody counted clients', async () => {
    await store([
      { at: SHORT_DAY, score: 0.9 },
      { at: SHORT_DAY + HOUR, score: 0.6 },
    ]);
    expect((await days())[0]?.score).toBeCloseTo(0.75, 12);
  });

  it('is made anew when the organization reports in another zone', async () => {
    await store([
      { at: SHORT_DAY + 0.5 * HOUR, score: 0.9 },
      { at: SHORT_DAY + 1.5 * HOUR, score: 0.5 },
    ]);
    await upsertOrg(database, { externalId: 'org-1', reportingTimezone: 'Asia/Kolkata' });
    await refoldHistory(database, orgId);
    // The day in Kolkata began at 18:30 UTC and holds the hours that start in it.
    expect(await days()).toMatchObject([{ start: new Date('2026-03-28T18:30Z'), hours: 2, score: 0.7 }]);
    await store([{ at: SHORT_DAY + 20 * HOUR, score: 0.1 }]);
    await store([{ at: SHORT_DAY - 5 * HOUR, score: 0.3 }]);
    expect((await days()).map(({ start, hours: count }) => [start.toISOString(), count])).toEqual([
      ['2026-03-27T18:30:00.000Z', 1],
      ['2026-03-28T18:30:00.000Z', 2],
      ['2026-03-29T18:30:00.000Z', 1],
    ]);
  });
});

describe('the health of a site', () => {
  const credits = (known: Partial<Record<SleMetric, number>>): number | null =>
    healthScore(SLE_METRICS.map(({ id }) => ({ metric: id, score: known[id] ?? null, thresholds: resolveThresholds(id, {}) })));
  const all = (at: number, score: number, count = 10): Given[] =>
    SLE_METRICS.slice(0, count).map(({ id }) => ({ at, score, metric: id, clients: 9 }));

  it('is that of each hour, and of a day the mean of its hours; under half of the metrics it is null', async () => {
    await store([
      ...all(SHORT_DAY, 1),
      ...all(SHORT_DAY + HOUR, 0.85),
      ...all(SHORT_DAY + 2 * HOUR, 1, 4),
      ...all(SHORT_DAY + 3 * HOUR, 1, 5),
    ]);
    const stored = await database.query<{ score: number | null }>('select score from health_hour order by hour');
    const second = credits(Object.fromEntries(SLE_METRICS.map(({ id }) => [id, 0.85])));
    expect(stored.map(({ score }) => score)).toEqual([100, second, null, 100]);
    expect(second).toBeCloseTo((7 * 25 + 3 * (20 + (0.05 / 0.15) * 10)) / 10, 9);
    const [day] = await database.query<{ score: number; hours: number }>('select score, hours from health_day');
    expect(day?.hours).toBe(3);
    expect(day?.score).toBeCloseTo((200 + (second ?? 0)) / 3, 9);
  });

  it('weighs as the settings say, by the thresholds of the region of the time', async () => {
    const weighed = new SleWriter(
      parseSettings(
        `health: { weights: { roaming: 0, capacity: 3 } }\nthresholds: { regions: { North: { coverage: { warning: 0.99, major: 0.98, critical: 0.97 } } } }`,
        {},
      ),
    );
    await database.query(
      `insert into site_attribute (org_id, site_id, source, since, region) values ($1, $2, 'configured', $3, 'North')`,
      [orgId, siteId, new Date(SHORT_DAY + HOUR)],
    );
    const scores = [...all(SHORT_DAY, 1), ...all(SHORT_DAY + HOUR, 1)].map((each) =>
      scoreOf({
        ...each,
        score: each.metric === 'coverage' ? 0.95 : each.metric === 'capacity' ? 0.7 : each.metric === 'roaming' ? 0 : 1,
      }),
    );
    await database.transaction((tx) => weighed.store(tx, { orgId, externalOrgId: 'org-1' }, scores, SHORT_DAY + DAY));
    const stored = await database.query<{ score: number }>('select score from health_hour order by hour');
    // Weights: capacity 3, roaming 0, the other eight 1; coverage 0.95 earns 65, in the North 9.79.
    expect(stored[0]?.score).toBeCloseTo((3 * 10 + 65 + 7 * 100) / 11, 9);
    expect(stored[1]?.score).toBeCloseTo((3 * 10 + (0.95 / 0.97) * 10 + 7 * 100) / 11, 9);
  });
});

describe('order and repetition', () => {
  it('of readings and details change nothing', async () => {
    const readings: Given[] = Array.from({ length: 60 }, (_, index) => ({
      at: SHORT_DAY - 6 * HOUR + Math.floor(index / 2) * 0.25 * HOUR,
      score: index % 11 === 0 ? null : (index % 10) / 10,
      clients: index % 7 === 0 ? 0 : index,
      metric: index % 2 === 0 ? 'coverage' : 'ap-health',
      ...(index % 3 === 0 ? { window: window(SHORT_DAY - 6 * HOUR + Math.floor(index / 8) * HOUR) } : {}),
    }));
    const details = [0, 2, 2, 5].map((hour, index) => ({
      hour: SHORT_DAY - hour * HOUR,
      totalMinutes: 100 + index,
      degradedMinutes: 10 * index,
    }));
    await store(readings);
    for (const [index, each] of details.entries()) await detail([each], SHORT_DAY + index);
    const straight = await everything();
    for (const table of ['site_sle_hour', 'site_sle_day', 'health_hour', 'health_day', 'sle_sample'])
      await database.query(`delete from ${table}`);
    for (const [index, each] of [...details.entries()].reverse()) await detail([each], SHORT_DAY + index);
    const shuffled = [...readings].sort((a, b) => (((a.at / HOUR) * 7919) % 13) - (((b.at / HOUR) * 7919) % 13));
    for (let cut = 0; cut < shuffled.length; cut += 7) await store(shuffled.slice(cut, cut + 7));
    await store(readings);
    expect(await everything()).toEqual(straight);
  });

  it('of two writers at once loses no hour of their day', async () => {
    const readings = Array.from({ length: 12 }, (_, index) => ({ at: SHORT_DAY + index * HOUR, score: 0.5 + index / 100 }));
    await Promise.all(readings.map((reading) => store([reading])));
    expect((await days())[0]).toMatchObject({ hours: 12 });
    expect((await days())[0]?.score).toBeCloseTo(0.555, 12);
  });
});
