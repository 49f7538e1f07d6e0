import 'reflect-metadata';
import { mapBatch } from '@app/mist';
import { waitFor } from '@app/testing';
import { Scene } from '../testing/scene.fixture.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let scene: Scene;
afterEach(() => scene.close());

interface ListedSite {
  readonly id: string;
  readonly gatewaytemplate_id: string | null;
}

/** Makes sites and a circuit of each known, as the analyzer does after a poll of them; returns the ids in the cloud's order. */
async function know(more: readonly ListedSite[] = []): Promise<string[]> {
  await scene.pollNow('sites');
  await scene.committed('sites');
  const listed = scene.batchesOf('sites').flatMap(({ records }) => (records ?? []) as ListedSite[]);
  const sites = [...listed, ...more];
  await scene.rig.database.query(
    `with s as (insert into site (org_id, external_id, gateway_template_id)
       select o.id, u.* from org o, unnest($2::text[], $3::text[]) as u (site, template) where o.external_id = $1 returning org_id, id)
     insert into circuit (org_id, mac, port_id, site_id, is_live) select org_id, 'mac-' || id, 'ge-0/0/0', id, true from s`,
    [scene.orgId(), sites.map(({ id }) => id), sites.map(({ gatewaytemplate_id: template }) => template)],
  );
  return sites.map(({ id }) => id);
}

/** What the analyzer does with a page: the site was read. */
const markRead = async (): Promise<void> => {
  const read = scene.batchesOf('gateway-config').map(({ context }) => String(context?.['siteId'] ?? ''));
  await scene.rig.database.query('update site set gateway_config_at = $2 where external_id = any($1)', [
    read,
    new Date(scene.cloud.clock.now()),
  ]);
};
const readSites = (): string[] => scene.batchesOf('gateway-config').map(({ context }) => String(context?.['siteId'] ?? ''));
const taken = (pages: number): Promise<boolean> => waitFor(() => scene.batchesOf('gateway-config').length === pages);
const asked = (part: string): number => scene.cloud.requests.all().filter(({ path }) => path.includes(part)).length;

describe('configurations of gateways', () => {
  it('are read site by site, what is shared once, and come without anything but their WAN ports', async () => {
    scene = await Scene.start({ sites: 12 });
    const all = await know();
    expect(await scene.pollNow('gateway-config')).toMatchObject({ is: 'done', pages: 12, records: 12, calls: 13 });
    await scene.committed('gateway-config');
    expect([asked('/devices'), asked('/gatewaytemplates/')]).toEqual([12, 1]);
    expect(readSites().sort()).toEqual([...all].sort());
    const mapped = scene
      .batchesOf('gateway-config')
      .map((batch) => mapBatch('gateway-config', batch.records ?? [], batch.observedAt, batch.context));
    expect(mapped.flatMap(({ setAside }) => setAside)).toEqual([]);
    const templated = scene.batchesOf('gateway-config').filter(({ context }) => context?.['siteId'] === all[1]);
    expect(mapBatch('gateway-config', templated[0]?.records ?? [], 0).records).toMatchObject([
      { ports: [{ portId: 'ge-0/0/0', preferredRole: 'primary' }, { preferredRole: 'secondary' }] },
    ]);
    expect(JSON.stringify(scene.batchesOf('gateway-config'))).not.toContain('ip_config');
  });

  it('are spread over the day: a poll reads its share of a large org, the next one others, and nothing twice', async () => {
    scene = await Scene.start({ sites: 300, collect: { intervalsSeconds: { 'gateway-config': 28_800 } } });
    await know();
    expect(await scene.pollNow('gateway-config')).toMatchObject({ pages: 100 });
    await taken(100);
    for (const pages of [200, 300, 301]) {
      await markRead();
      scene.cloud.clock.advance(6 * HOUR_MS);
      await scene.pollNow('gateway-config');
      await taken(pages);
    }
    expect(new Set(readSites()).size).toBe(301);
    scene.cloud.clock.advance(DAY_MS);
    expect(await scene.pollNow('gateway-config')).toMatchObject({ pages: 100 });
  }, 30_000);

  it('take only calls that the other polls leave, and are no failure without any', async () => {
    scene = await Scene.start({ sites: 60, collect: { budget: { callsPerHour: 200, usePercent: 100 } } });
    await know();
    // Of 200 calls 190 are to be spent; ten kinds take most of them until the hour is over.
    const first = await scene.pollNow('gateway-config');
    expect(first).toMatchObject({ is: 'done' });
    const { calls } = first as { calls: number };
    expect(calls).toBeGreaterThan(0);
    expect(calls).toBeLessThan(60);
    scene.cloud.clock.advance(60_000);
    expect(await scene.pollNow('gateway-config')).toMatchObject({ is: 'done', records: 0, calls: 0 });
    expect(await scene.pollNow('sites')).toMatchObject({ is: 'done' });
    expect(await scene.state('gateway-config')).toMatchObject({ code: null });
  });

  it('leave a bad site out, and count one without data as read', async () => {
    scene = await Scene.start({ sites: 3 });
    const gone = { id: '00000000-0000-0000-0000-000000000000', gatewaytemplate_id: null };
    const [bad, ...good] = (await know([gone])) as [string, string, string, string];
    scene.cloud.faults.add({ kind: 'html', path: `*/sites/${bad}/devices` });
    expect(await scene.pollNow('gateway-config')).toMatchObject({ is: 'done', pages: 3, records: 2 });
    await scene.committed('gateway-config');
    expect(readSites().sort()).toEqual([...good].sort());
  }, 20_000);

  it('may be forbidden without stopping anything else', async () => {
    scene = await Scene.start({ sites: 3 });
    await know();
    scene.cloud.faults.add({ kind: '403', path: '*/devices' });
    expect(await scene.pollNow('gateway-config')).toMatchObject({ is: 'failed', code: 'MIST_CONFIG_FORBIDDEN' });
    scene.cloud.clock.advance(HOUR_MS);
    expect(await scene.poll('sites', 'schedule')).toMatchObject({ is: 'done' });
  });
});
