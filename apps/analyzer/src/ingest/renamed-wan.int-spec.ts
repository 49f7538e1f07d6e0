import { IngestScene, MAC, namedGateway, portRow } from './ingest.fixture.js';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 2, 2, 12);

let scene: IngestScene;
beforeEach(async () => {
  scene = await IngestScene.open(START);
}, 60_000);
afterEach(() => scene.close());

const path = (portName: string, latency: number): object => ({
  mac: MAC,
  site_id: 'site-1',
  port_id: portName,
  peer_mac: '0200000000ff',
  peer_port_id: 'hub',
  up: true,
  is_active: true,
  latency,
  jitter: 1,
  loss: 0,
});

const latencies = (): Promise<unknown[]> => scene.database.query('select latency_avg as avg from circuit_hour order by hour');

it('keeps the quality of hours before a WAN was renamed, whatever makes them anew', async () => {
  await scene.commit('wan-ports', [portRow('ge-0/0/0')]);
  await scene.commit('gateways', [namedGateway('ge-0/0/0', 'Fibre')]);
  await scene.commit('peer-paths', [path('Fibre', 40)]);
  scene.clock.set(START + HOUR);
  await scene.commit('wan-ports', [portRow('ge-0/0/0')]);
  await scene.commit('gateways', [namedGateway('ge-0/0/0', 'Glass')]);
  await scene.commit('peer-paths', [path('Glass', 60)]);
  scene.clock.set(START + 2 * HOUR);
  await scene.commit('wan-ports', [portRow('ge-0/0/0')]);
  expect(await latencies()).toEqual([{ avg: 40 }, { avg: 60 }]);
  // A late reading of the first hour makes it anew.
  await scene.commit('port-samples', [
    { timestamp: new Date(START + HOUR / 2).toISOString(), site_id: 'site-1', mac: MAC, port_id: 'ge-0/0/0', up: true },
  ]);
  expect(await latencies()).toEqual([{ avg: 40 }, { avg: 60 }]);
});
