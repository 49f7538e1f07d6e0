import { parseSettings, requireOrg } from '@app/shared';
import { drainRollups } from '../rollups/rollups.js';
import { ImportScene, NOW } from './import.fixture.js';

const HEADER = 'hour,site_id,mac,port_id,rx_bytes,tx_bytes';
const SITES = ['site_id,region', 'wrong,North', 'right,South'];
const hourAt = (site: string, bytes = 1000): string => `2026-03-01T10:00:00Z,${site},m1,p,${bytes},${bytes}`;

let scene: ImportScene;
beforeAll(async () => {
  scene = await ImportScene.open();
}, 60_000);
afterAll(() => scene.close());

/** Where the hour lies and what it tells, and the regions that have a day of it. */
async function told(org: string): Promise<unknown> {
  const { database } = scene;
  await drainRollups({
    database,
    settings: parseSettings('{}', {}),
    org: await requireOrg(database, org),
    now: NOW,
    isPatient: true,
  });
  const ask = (sql: string): Promise<Record<string, unknown>[]> => database.query(sql, [org]);
  const of = 'join org o on o.id = t.org_id and o.external_id = $1';
  return {
    hours: await ask(
      `select s.external_id as site, t.rx_bytes::int as rx from circuit_hour t ${of} join site s on s.org_id = t.org_id and s.id = t.site_id`,
    ),
    days: await ask(
      `select s.external_id as site, t.region from circuit_day t ${of} join site s on s.org_id = t.org_id and s.id = t.site_id`,
    ),
    regions: await ask(`select t.key as region from group_day t ${of} where t.level = 'region'`),
  };
}
const at = (site: string, region: string, rx: number): unknown => ({
  hours: [{ site, rx }],
  days: [{ site, region }],
  regions: [{ region }],
});

describe('an imported hour', () => {
  it('lies where the last import says, also when nothing else changed, and its days and groups follow', async () => {
    await scene.import('sites', SITES);
    await scene.import('circuit-hours', [HEADER, hourAt('wrong')]);
    expect(await told('org-1')).toEqual(at('wrong', 'North', 1000));
    expect(await scene.import('circuit-hours', [HEADER, hourAt('right')])).toMatchObject({ stored: 1, unchanged: 0 });
    expect(await told('org-1')).toEqual(at('right', 'South', 1000));
    expect(await scene.import('circuit-hours', [HEADER, hourAt('right')])).toMatchObject({ stored: 0, unchanged: 1 });
    await scene.import('circuit-hours', [HEADER, hourAt('wrong', 2000)]);
    expect(await told('org-1')).toEqual(at('wrong', 'North', 2000));
  });

  it('lies where the last row of a file says, wherever the chunks end', async () => {
    for (const rows of [1, 2]) {
      const org = `chunks-of-${rows}`;
      await scene.import('sites', SITES, { orgExternalId: org });
      const outcome = await scene.import('circuit-hours', [HEADER, hourAt('wrong'), hourAt('right')], {
        orgExternalId: org,
        shares: { rows },
      });
      expect(outcome).toMatchObject({ rows: 2, refused: 0 });
      expect(await told(org)).toEqual(at('right', 'South', 1000));
    }
  });
});
