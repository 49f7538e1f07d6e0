import { parseSettings } from '@app/shared';
import { ImportScene } from './import.fixture.js';

let scene: ImportScene;
beforeEach(async () => {
  scene = await ImportScene.open();
}, 60_000);
afterEach(() => scene.close());

const SAMPLES = [
  'timestamp,site_id,mac,port_id,up,rx_bytes,tx_bytes',
  '2026-03-03T10:00:00Z,s1,m1,p1,true,0,0',
  '2026-03-03T10:30:00Z,s1,m1,p1,true,4500000000,100',
  '2026-03-03T11:00:00Z,s1,m1,p1,true,9000000000,200',
];

describe('an import', () => {
  it('tells circuits apart whatever stands in their ids', async () => {
    const header = 'timestamp,site_id,mac,port_id,up';
    const ids = ['a|b,c', 'a,b|c', 'a:b,c', 'a,b:c'];
    await scene.import('port-samples', [header, ...ids.map((id) => `2026-03-03T10:00:00Z,s1,${id},true`)]);
    expect(await scene.hours('c.port_id')).toHaveLength(ids.length);
  });

  it('gives a configured org its name and zone', async () => {
    const settings = parseSettings(
      'orgs: [{ id: org-1, name: Example Stores, baseUrl: api.example.com, token: example-token, reportingTimezone: Europe/Berlin }]',
      {},
    );
    await scene.import('port-samples', SAMPLES, { settings });
    expect(await scene.database.query('select name, reporting_timezone from org')).toEqual([
      { name: 'Example Stores', reporting_timezone: 'Europe/Berlin' },
    ]);
  });

  it('follows the configured gap', async () => {
    const settings = parseSettings('facts: { maxGapMinutes: 20 }', {});
    await scene.import('port-samples', SAMPLES, { settings });
    expect((await scene.hours('h.covered_ms, h.up_ms'))[0]).toMatchObject({ covered_ms: 0, up_ms: 40 * 60_000 });
  });
});
