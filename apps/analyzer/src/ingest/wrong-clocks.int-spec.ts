import { IngestScene, MAC, portDown, portRow } from './ingest.fixture.js';

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 2, 2, 12, 30);
const YEARS_AHEAD = Date.UTC(2038, 0, 1);

let scene: IngestScene;
beforeEach(async () => {
  scene = await IngestScene.open(NOW);
}, 60_000);
afterEach(() => scene.close());

const gateway = (connected: boolean) => ({ type: 'gateway', mac: MAC, site_id: 'site-1', connected });

describe('events of the future', () => {
  it('are set aside, and later polls of their gateway count', async () => {
    await scene.commit('gateways', [gateway(true)]);
    await scene.commit('wan-ports', [portRow('ge-0/0/0')]);
    const lost = portDown('', YEARS_AHEAD, { type: 'GW_DISCONNECTED' });
    await scene.commit('device-events', [{ type: 'AP_CONNECTED' }, lost, portDown('ge-0/0/0', NOW + 4 * MINUTE)]);
    scene.clock.advance(MINUTE);
    await scene.commit('gateways', [{ ...gateway(true), version: 'v2' }]);
    expect(await scene.database.query('select connected, version, observed_at from device')).toEqual([
      { connected: true, version: 'v2', observed_at: new Date(NOW + MINUTE) },
    ]);
    expect(await scene.database.query('select position, reason, record from parked_record')).toEqual([
      { position: 1, reason: 'timestamp is more than five minutes in the future', record: lost },
    ]);
    expect(await scene.portEvents()).toEqual(['ge-0/0/0 down']);
    expect(await scene.database.query(`select 1 from pg_class where relname like 'device_event_2038%'`)).toEqual([]);
  });
});

it('sets aside an event of 1970, which would make facts for half a century', async () => {
  await scene.commit('wan-ports', [portRow('ge-0/0/0')]);
  await scene.commit('device-events', [portDown('ge-0/0/0', 86_400_000), portDown('ge-0/0/0', NOW - MINUTE)]);
  expect(await scene.database.query('select position, reason from parked_record')).toEqual([
    { position: 0, reason: 'timestamp is more than a year old' },
  ]);
  expect(await scene.portEvents()).toEqual(['ge-0/0/0 down']);
});
