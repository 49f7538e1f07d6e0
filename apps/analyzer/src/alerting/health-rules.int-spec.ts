import { DAY_MS, HOUR_MS } from '@app/domain';
import { IngestScene } from '../ingest/ingest.fixture.js';
import { foldHealthDays, storeHealthHours } from '../sle/health.repository.js';
import { prepareHistory } from '../sle/history-partitions.js';
import { AlertUpkeep } from '../upkeep/alert-upkeep.js';

/** Noon of the second day. */
const T0 = Date.UTC(2026, 2, 4, 12, 1);
const MIDNIGHT = Date.UTC(2026, 2, 4);

let scene: IngestScene;
let siteId: number;
let orgId: number;

/** A site that was at 90 points all the day before. */
async function begin(configuration = '{}'): Promise<void> {
  scene = await IngestScene.open(T0, configuration);
  await scene.commit('sites', [{ id: 'site-1', name: 'Alpha', timezone: 'UTC', country_code: 'DE', sitegroup_ids: [] }]);
  const [site] = await scene.database.query<{ id: number; org: number }>('select id, org_id as org from site');
  [siteId, orgId] = [site?.id ?? 0, site?.org ?? 0];
  await scene.database.query(`insert into sle_history_state (org_id, timezone) values ($1, 'UTC') on conflict do nothing`, [
    orgId,
  ]);
  await scored(MIDNIGHT - DAY_MS, MIDNIGHT, 90);
}
afterEach(() => scene.close());

async function scored(from: number, to: number, score: number): Promise<void> {
  const hours = Array.from({ length: (to - from) / HOUR_MS }, (_, i) => ({ siteId, hour: from + i * HOUR_MS, score }));
  await prepareHistory(scene.database, [from, to]);
  await storeHealthHours(scene.database, orgId, hours);
  const day = { siteId, from: from - (from % DAY_MS) };
  await foldHealthDays(scene.database, orgId, [{ ...day, to: day.from + DAY_MS }]);
}

const judgeAt = async (hour: number): Promise<void> => {
  scene.clock.set(MIDNIGHT + hour * HOUR_MS + 60_000);
  const org = { id: orgId, externalId: 'org-1', name: null, reportingTimezone: 'UTC' };
  await scene.get(AlertUpkeep).judgeHours(org, scene.clock.now());
};
const alerts = () => scene.database.query(`select status, severity, details from alert where rule = 'health-drop' order by id`);

describe('health drop', () => {
  it('is told after two hours more than 10 points below the day before, and is over with the next day', async () => {
    await begin();
    await scored(MIDNIGHT, MIDNIGHT + 24 * HOUR_MS, 50);
    await judgeAt(6); // 6 hours of 50 and 18 of 90: ten points lost, and not more.
    expect(await alerts()).toEqual([]);
    await judgeAt(7);
    expect(await alerts()).toMatchObject([{ status: 'pending' }]);
    await judgeAt(8);
    expect(await alerts()).toMatchObject([
      { status: 'firing', severity: 'warning', details: { siteName: 'Alpha', metric: 'health', before: 90, threshold: 10 } },
    ]);
    await scored(MIDNIGHT + DAY_MS, MIDNIGHT + DAY_MS + 2 * HOUR_MS, 50);
    await judgeAt(24);
    await judgeAt(25);
    expect(await alerts()).toMatchObject([{ status: 'resolved' }]);
  }, 60_000);

  it('says nothing of an outage that is over, nor of what is told as service levels', async () => {
    await begin();
    await scored(MIDNIGHT, MIDNIGHT + 8 * HOUR_MS, 50);
    await scored(MIDNIGHT + 8 * HOUR_MS, MIDNIGHT + 12 * HOUR_MS, 95);
    for (const hour of [10, 11, 12]) await judgeAt(hour);
    expect(await alerts()).toEqual([]);
    await scored(MIDNIGHT + 12 * HOUR_MS, MIDNIGHT + 16 * HOUR_MS, 50);
    await scene.database.query(
      `insert into alert (org_id, rule, subject, site_id, state, status, severity, since, fired_at, observed_at)
       values ($1, 'sle', $2, $3, '{"kind":"firing","observedAt":0,"breached":true,"flips":[]}', 'firing', 'critical', $4, $4, $4)`,
      [orgId, `site:${siteId}`, siteId, new Date(T0)],
    );
    for (const hour of [14, 15]) await judgeAt(hour);
    expect(await alerts()).toEqual([]);
  }, 60_000);

  it('takes its points from the configuration, and can be switched off', async () => {
    await begin('health: { dropPoints: 30 }');
    await scored(MIDNIGHT, MIDNIGHT + 12 * HOUR_MS, 50);
    for (const hour of [11, 12]) await judgeAt(hour);
    expect(await alerts()).toEqual([]);
    await scene.close();
    await begin('rules: [{ id: health-drop, enabled: false }]');
    await scored(MIDNIGHT, MIDNIGHT + 12 * HOUR_MS, 50);
    for (const hour of [11, 12]) await judgeAt(hour);
    expect(await alerts()).toEqual([]);
  }, 60_000);
});
