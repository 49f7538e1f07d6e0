import { HOUR_MS } from '@app/domain';
import { upsertOrg } from '@app/shared';
import { IngestScene, ORG } from '../ingest/ingest.fixture.js';

/** A quarter past midnight on New Year: the hour that scores are about lies in the year before. */
const NOW = Date.UTC(2026, 0, 1, 0, 15);
const HOUR = NOW - 15 * 60_000 - HOUR_MS;
const WINDOW = { windowFrom: HOUR, windowTo: HOUR + HOUR_MS };

let scene: IngestScene;
beforeEach(async () => {
  scene = await IngestScene.open(NOW);
  await upsertOrg(scene.database, { externalId: ORG, reportingTimezone: 'Pacific/Auckland' });
}, 60_000);
afterEach(() => scene.close());

const stored = () =>
  scene.database.query<{ metric: string; hour: Date; score: number }>(
    'select metric, hour, score from site_sle_hour order by metric',
  );

it('keeps what a sweep says of the hour before it, across the turn of the year', async () => {
  await scene.commit('sle-wifi', [{ site_id: 'site-1', coverage: 0.8, 'ap-health': 1, num_aps: 3, num_clients: 9 }], NOW, WINDOW);
  expect(await stored()).toEqual([
    { metric: 'ap-health', hour: new Date(HOUR), score: 1 },
    { metric: 'coverage', hour: new Date(HOUR), score: 0.8 },
  ]);
  const [day] = await scene.database.query<{ start: Date; score: number }>(
    `select start, score from site_sle_day where metric = 'coverage'`,
  );
  expect(day).toEqual({ start: new Date('2025-12-31T11:00Z'), score: 0.8 });
});

it('takes the user-minutes of every whole hour of a detail', async () => {
  const detail = {
    start: (HOUR - 2 * HOUR_MS) / 1000,
    end: (HOUR + HOUR_MS) / 1000,
    site_id: 'site-1',
    sle: { name: 'coverage', interval: 3600, samples: { total: [100, 200, null], degraded: [10, 100, null] } },
    classifiers: [],
  };
  const context = { siteId: 'site-1', windowFrom: HOUR - 2 * HOUR_MS, windowTo: HOUR + HOUR_MS };
  await scene.commit('sle-wifi', [{ site_id: 'site-1', coverage: 0.8, num_aps: 3, num_clients: 9 }], NOW, WINDOW);
  await scene.commit('sle-detail', [detail], NOW, context);
  await scene.commit('sle-detail', [detail], NOW, context);
  expect((await stored()).map(({ hour, score }) => [hour.getTime(), score])).toEqual(
    expect.arrayContaining([
      [HOUR - 2 * HOUR_MS, 0.9],
      [HOUR - HOUR_MS, 0.5],
      [HOUR, 0.8],
    ]) as unknown,
  );
  // 90 + 100 good minutes of 300, and 9 clients for an hour at 0.8.
  const [day] = await scene.database.query<{ score: number; hours: number }>(
    `select score, hours from site_sle_day where metric = 'coverage'`,
  );
  expect(day?.hours).toBe(3);
  expect(day?.score).toBeCloseTo((90 + 100 + 540 * 0.8) / 840, 12);
});
