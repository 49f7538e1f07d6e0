import { HOUR_MS } from '@app/domain';
import { ensurePartitions } from '@app/shared';
import { IngestScene, portRow } from '../ingest/ingest.fixture.js';
import { AlertUpkeep } from '../upkeep/alert-upkeep.js';

const T0 = Date.UTC(2026, 2, 4, 12, 5);

let scene: IngestScene;
afterEach(() => scene.close());

/** Two days of hours: the latency of the first, and that of the second. */
async function withHours(before: number, after: number): Promise<void> {
  await scene.commit('wan-ports', [portRow('ge-0/0/0')]);
  const end = T0 - (T0 % HOUR_MS) + 2 * HOUR_MS;
  await ensurePartitions(scene.database, 'circuit_hour', [end - 72 * HOUR_MS, end - 48 * HOUR_MS, end - 24 * HOUR_MS, end]);
  await scene.database.query(
    `insert into circuit_hour (org_id, circuit_id, hour, site_id, source, covered_ms, up_ms, down_ms, flaps, latency_count, latency_avg, jitter_count, loss_count, counter_reset)
     select c.org_id, c.id, h, c.site_id, 'samples', 0, 3600000, 0, 0, 12, case when h < $2 then $4::float8 else $5 end, 0, 0, false
     from circuit c cross join generate_series($1::timestamptz, $3, interval '1 hour') h on conflict do nothing`,
    [new Date(end - 50 * HOUR_MS), new Date(end - 25 * HOUR_MS), new Date(end - HOUR_MS), before, after],
  );
}

async function judge(hours: number): Promise<void> {
  scene.clock.advance(hours * HOUR_MS);
  const [org] = await scene.database.query<{ id: number }>('select id from org');
  const row = { id: org?.id ?? 0, externalId: 'org-1', name: null, reportingTimezone: 'UTC' };
  await scene.get(AlertUpkeep).judgeHours(row, scene.clock.now());
}

const alerts = () => scene.database.query(`select rule, status, severity, details from alert where rule not in ('quality')`);

describe('trend', () => {
  it('is told when two hours in a row show a figure worse than the day before', async () => {
    scene = await IngestScene.open(T0, 'rules:\n  - { id: trend, enabled: true }');
    await withHours(20, 60);
    await judge(0);
    await judge(0);
    expect(await alerts()).toMatchObject([{ rule: 'trend', status: 'pending' }]);
    await judge(1);
    expect(await alerts()).toMatchObject([
      { status: 'firing', severity: 'warning', details: { metric: 'latency', before: 20, value: 60 } },
    ]);
  }, 60_000);

  it('is nobody’s business unless the configuration asks', async () => {
    scene = await IngestScene.open(T0);
    await withHours(20, 60);
    await judge(0);
    await judge(1);
    expect(await alerts()).toEqual([]);
  }, 60_000);
});
