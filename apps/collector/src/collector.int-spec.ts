import 'reflect-metadata';
import { mapBatch } from '@app/mist';
import { COLLECT_KINDS, type CollectKind } from '@app/shared';
import { waitFor } from '@app/testing';
import { OrgDirectory } from './orgs/org-directory.js';
import { openCollector, runtimeFor } from './testing/rig.fixture.js';
import { Scene } from './testing/scene.fixture.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let scene: Scene;
afterEach(() => scene.close());

describe('a full cycle of all kinds', () => {
  it('reads every page of everything, unchanged and mappable, and counts as stored when the last batch is', async () => {
    scene = await Scene.start({ sites: 60, collect: { pageSize: 50 } });
    for (const kind of COLLECT_KINDS) expect(await scene.pollNow(kind)).toMatchObject({ is: 'done' });
    for (const kind of COLLECT_KINDS) expect(await scene.committed(kind)).toBe(scene.cloud.clock.now());
    for (const kind of COLLECT_KINDS.filter((each) => each !== 'sle-detail')) {
      const batches = scene.batchesOf(kind);
      const rows = batches.flatMap(({ records }) => records ?? []);
      const mapped = batches.map((batch) =>
        mapBatch(batch.kind as CollectKind, batch.records ?? [], batch.observedAt, batch.context),
      );
      expect(mapped.flatMap(({ setAside }) => setAside)).toEqual([]);
      expect(mapped.reduce((sum, { records, notOurs }) => sum + records.length + notOurs, 0)).toBe(rows.length);
      expect(new Set(batches.map(({ batchId }) => batchId)).size).toBe(batches.length);
    }
    expect(scene.batchesOf('sites').map(({ records }) => records?.length)).toEqual([50, 10]);
    expect(scene.batchesOf('wan-ports').length).toBeGreaterThan(2);
    expect(scene.batchesOf('sle-wifi').map(({ context }) => context)).toEqual([
      { windowFrom: Date.UTC(2026, 2, 2, 9), windowTo: Date.UTC(2026, 2, 2, 10) },
      { windowFrom: Date.UTC(2026, 2, 2, 9), windowTo: Date.UTC(2026, 2, 2, 10) },
    ]);
    // Nothing to tell is told as well: "read at".
    expect(scene.batchesOf('sle-detail').map(({ records }) => records)).toEqual([[]]);
    const [budget] = await scene.rig.database.query<{ spent: number }>('select spent from api_budget');
    expect(budget?.spent).toBe(scene.cloud.requests.all().length);
  });

  it('asks for events since the last stored poll, with ten minutes of overlap', async () => {
    scene = await Scene.start();
    await scene.pollNow('device-events');
    const firstPoll = await scene.committed('device-events');
    scene.cloud.clock.advance(5 * MINUTE_MS);
    await scene.pollNow('device-events');
    const [initial, next] = scene.cloud.requests.all().filter(({ path }) => path.endsWith('/devices/events/search'));
    expect([initial?.query['start'], next?.query['start']]).toEqual(
      [firstPoll - 24 * HOUR_MS, firstPoll - 10 * MINUTE_MS].map((at) => String(at / 1000)),
    );
  });

  it('packs a large page', async () => {
    scene = await Scene.start({ sites: 900 });
    await scene.pollNow('gateways');
    const batch = await waitFor(() => scene.batchesOf('gateways')[0]);
    expect([batch.records, typeof batch.packed]).toEqual([undefined, 'string']);
  });
});

describe('an org without id', () => {
  it('is found out from its token', async () => {
    scene = await Scene.start();
    const [known] = scene.cloud.orgs;
    const found = await openCollector(
      runtimeFor(scene.rig, scene.cloud.clock, { orgs: [{ id: 'auto', baseUrl: scene.cloud.url, token: known?.token ?? '' }] }),
    );
    expect((await found.get(OrgDirectory).list()).map(({ id }) => id)).toEqual([scene.orgId()]);
    await found.close();
  });
});

describe('a refused token', () => {
  it('stops its org, says so, and leaves the other running', async () => {
    scene = await Scene.start({ orgs: 2 });
    scene.cloud.faults.add({ kind: '401', token: scene.cloud.orgs[0]?.token ?? '' });
    expect(await scene.poll('wan-ports', 'schedule')).toMatchObject({ is: 'failed', code: 'MIST_UNAUTHORIZED' });
    const calls = scene.cloud.requests.count(/./);
    expect(await scene.poll('sites', 'schedule')).toMatchObject({ is: 'failed', code: 'ORG_STOPPED' });
    scene.cloud.clock.advance(5 * MINUTE_MS);
    expect(await scene.poll('wan-ports', 'schedule')).toMatchObject({ is: 'failed', code: 'ORG_STOPPED' });
    expect(scene.cloud.requests.count(/./)).toBe(calls);
    const [row] = await scene.rig.database.query<{ reason: string }>(
      `select failure_reason as reason from poll_state where failure_code = 'MIST_UNAUTHORIZED'`,
    );
    expect(row?.reason).toMatch(/401.*check the token and the cloud host/);
    expect(row?.reason).not.toContain(scene.cloud.orgs[0]?.token ?? '');
    expect(await scene.poll('wan-ports', 'schedule', { org: scene.orgId(1) })).toMatchObject({ is: 'done' });
    scene.cloud.faults.clear();
    scene.cloud.clock.advance(HOUR_MS);
    expect(await scene.poll('wan-ports', 'schedule')).toMatchObject({ is: 'done' });
  });
});

describe('backpressure and budget', () => {
  it('leaves polls out while the analyzer is behind, and says so', async () => {
    scene = await Scene.start({ collect: { maxQueueDepth: 1 } });
    await scene.sink.close();
    for (const kind of ['sites', 'wan-ports'] as const) expect(await scene.poll(kind, 'schedule')).toMatchObject({ is: 'done' });
    expect(await scene.poll('gateways', 'schedule')).toMatchObject({ is: 'failed', code: 'ANALYZER_BEHIND' });
    const { code, reason, holder } = await scene.state('gateways');
    expect([code, holder]).toEqual(['ANALYZER_BEHIND', null]);
    expect(reason).toContain('analyzer behind: 2 batches wait');
  });

  it('does not begin what the hour cannot pay for', async () => {
    scene = await Scene.start({ collect: { budget: { callsPerHour: 10, usePercent: 30 } } });
    for (const kind of ['sites', 'site-groups', 'gateways'] as const) await scene.poll(kind, 'schedule');
    const calls = scene.cloud.requests.count(/./);
    expect(await scene.poll('wan-ports', 'schedule')).toMatchObject({ is: 'failed', code: 'BUDGET_EXHAUSTED' });
    expect((await scene.state('wan-ports')).reason).toMatch(/^Budget exhausted/);
    expect(scene.cloud.requests.count(/./)).toBe(calls);
    scene.cloud.clock.advance(HOUR_MS);
    expect(await scene.poll('wan-ports', 'schedule')).toMatchObject({ is: 'done' });
  });
});

describe('SLE detail', () => {
  async function score(site: string, metric: string, severity: string): Promise<void> {
    await scene.rig.database.query(
      `with s as (
         insert into site (org_id, external_id) select id, $1 from org limit 1
         on conflict (org_id, external_id) do update set external_id = excluded.external_id returning org_id, id)
       insert into site_sle (org_id, site_id, metric, at, score, severity, title, text) select org_id, id, $2, now(), 0.5, $3, '', '' from s`,
      [site, metric, severity],
    );
  }

  it('is read for the worst sites first, as many as the setting allows', async () => {
    scene = await Scene.start({ collect: { sleDetailMaxSites: 2 } });
    await scene.pollNow('sites');
    const sites = (await waitFor(() => scene.batchesOf('sites')[0])).records as { id: string }[];
    const [a, b, c, d] = sites.map(({ id }) => id) as [string, string, string, string];
    await score(a, 'coverage', 'warning');
    await score(b, 'successful-connect', 'critical');
    await score(b, 'capacity', 'warning');
    await score(c, 'coverage', 'info');
    await score(d, 'throughput', 'major');
    expect(await scene.pollNow('sle-detail')).toMatchObject({ is: 'done', pages: 2, records: 3 });
    await scene.committed('sle-detail');
    const mapped = scene
      .batchesOf('sle-detail')
      .map((batch) => mapBatch(batch.kind as CollectKind, batch.records ?? [], batch.observedAt, batch.context));
    expect(mapped.flatMap(({ setAside }) => setAside)).toEqual([]);
    expect(mapped.flatMap<unknown>(({ records }) => records)).toMatchObject([
      { siteId: b, metric: 'successful-connect' },
      { siteId: b, metric: 'capacity' },
      { siteId: d, metric: 'throughput' },
    ]);
  });

  it('leaves out a bad site and goes on', async () => {
    scene = await Scene.start();
    await scene.pollNow('sites');
    const sites = (await waitFor(() => scene.batchesOf('sites')[0])).records as { id: string }[];
    const [bad, good] = sites.map(({ id }) => id) as [string, string];
    await score(bad, 'coverage', 'critical');
    await score(good, 'coverage', 'warning');
    scene.cloud.faults.add({ kind: 'html', path: `*/sites/${bad}/*/summary*` });
    expect(await scene.pollNow('sle-detail')).toMatchObject({ is: 'done', pages: 1, records: 1 });
    await scene.committed('sle-detail');
    expect(scene.batchesOf('sle-detail').map(({ context }) => context?.['siteId'])).toEqual([good]);
  });
});
