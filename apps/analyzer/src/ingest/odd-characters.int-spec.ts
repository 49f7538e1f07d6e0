import { IngestScene, namedGateway, portDown, portRow } from './ingest.fixture.js';

const NOW = Date.UTC(2026, 2, 2, 12, 30);

let scene: IngestScene;
beforeEach(async () => {
  scene = await IngestScene.open(NOW);
}, 60_000);
afterEach(() => scene.close());

const parked = () => scene.database.query<{ record: unknown }>('select record from parked_record order by batch_id, position');

describe('characters Postgres refuses', () => {
  it('are marked in names and texts of the page they came with', async () => {
    await scene.commit('sites', [{ id: 'site-1', name: 'A\0\ud800' }]);
    await scene.commit('device-events', [portDown('ge-0/0/0', NOW, { text: 'x\0y' })]);
    expect(await scene.database.query('select name from site')).toEqual([{ name: 'A\uFFFD\uFFFD' }]);
    expect(await scene.database.query('select text from device_event')).toEqual([{ text: 'x\uFFFDy' }]);
  });

  it('in an id set that record aside and no other', async () => {
    await scene.commit('wan-ports', [portRow('ge-0/0/0', { note: 'a\\u0000', 'k\0': '\udc00' }), portRow('ge\0')]);
    await scene.commit('wan-ports', [{ ...portRow('ge-0/0/1'), mac: 'C:\\u0000', 'k\0': '\udc00' }]);
    expect(await scene.database.query('select port_id from circuit')).toEqual([{ port_id: 'ge-0/0/0' }]);
    expect(await parked()).toMatchObject([
      { record: { port_id: 'ge\uFFFD' } },
      { record: { mac: 'C:\\u0000', 'k\uFFFD': '\uFFFD' } },
    ]);
  });

  it('fail no page of gateways, alarms, scores or readings', async () => {
    await scene.commit('gateways', [namedGateway('ge\0', 'w'), namedGateway('ge-0/0/0', 'wan\0')]);
    await scene.commit('gateways', [
      { type: 'gateway', mac: '02000000010b', if_stat: { 'ge\0.0': { port_usage: 'wan', port_id: 7 } } },
    ]);
    await scene.commit('alarms', [{ id: 'alarm-1', type: 't', timestamp: NOW / 1000, group: 'g\0', reasons: ['r\ud800'] }]);
    await scene.commit('sle-wifi', [{ site_id: 'site-1', coverage: 0.9, 'odd\0': 0.5 }]);
    await scene.commit('port-samples', [{ timestamp: NOW, site_id: 's\0', mac: 'm', port_id: 'p', up: true }]);
    expect(await parked()).toHaveLength(3);
    expect(await scene.database.query('select alarm_group from mist_alarm')).toEqual([{ alarm_group: 'g\uFFFD' }]);
  });
});
