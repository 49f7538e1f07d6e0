import { IngestScene, MAC, namedGateway, portRow } from './ingest.fixture.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 2, 2, 12);

let scene: IngestScene;
beforeEach(async () => {
  scene = await IngestScene.open(START);
}, 60_000);
afterEach(() => scene.close());

const path = (portName: string, more: object = {}): object => ({
  mac: MAC,
  site_id: 'site-1',
  port_id: portName,
  peer_mac: '0200000000ff',
  peer_port_id: 'hub',
  up: true,
  is_active: true,
  latency: 40,
  jitter: 1,
  loss: 0,
  mos: 4.25,
  mtu: 1400,
  ...more,
});

/** Hour and port of every stored row, with minutes, flaps and latency. */
const hours = async (): Promise<unknown[][]> => {
  const rows = await scene.database.query<Record<string, unknown>>(
    `select date_part('hour', p.hour at time zone 'UTC')::int as hour, c.port_id, p.peer, p.up_ms / 60000 as up, p.down_ms / 60000 as down, p.flaps, p.latency_avg as latency
     from path_hour p join circuit c on c.org_id = p.org_id and c.id = p.circuit_id order by p.hour, c.port_id, p.peer`,
  );
  return rows.map((row) => [row['hour'], row['port_id'], row['up'], row['down'], row['flaps'], row['latency']]);
};

/** Ports and paths at so many minutes after the start. */
async function poll(minutes: number, paths: readonly object[], ports: readonly string[] = ['ge-0/0/0']): Promise<void> {
  scene.clock.set(START + minutes * MINUTE);
  await scene.commit(
    'wan-ports',
    ports.map((port) => portRow(port)),
  );
  await scene.commit('peer-paths', paths);
}

it('keeps every figure of an hour, and nulls where Mist said nothing', async () => {
  await poll(0, [path('ge-0/0/0'), { mac: MAC, port_id: 'ge-0/0/0', peer_mac: '0200000000ee', up: true }]);
  await poll(60, []);
  const rows = await scene.database.query(
    `select peer, up_ms, down_ms, flaps, latency_count, latency_avg, latency_max, latency_p95, jitter_avg, loss_count, loss_avg, mos_count, mos_avg, mos_min, mtu
     from path_hour order by peer`,
  );
  const known = { up_ms: HOUR, down_ms: 0, flaps: 0 };
  expect(rows).toEqual([
    {
      ...known,
      peer: '0200000000ee|',
      latency_count: 0,
      latency_avg: null,
      latency_max: null,
      latency_p95: null,
      jitter_avg: null,
      loss_count: 0,
      loss_avg: null,
      mos_count: 0,
      mos_avg: null,
      mos_min: null,
      mtu: null,
    },
    {
      ...known,
      peer: '0200000000ff|hub',
      latency_count: 1,
      latency_avg: 40,
      latency_max: 40,
      latency_p95: 40,
      jitter_avg: 1,
      loss_count: 1,
      loss_avg: 0,
      mos_count: 1,
      mos_avg: 4.25,
      mos_min: 4.25,
      mtu: 1400,
    },
  ]);
});

it('leaves a path with the port that had its WAN name then', async () => {
  await scene.commit('wan-ports', [portRow('ge-0/0/0')]);
  await scene.commit('gateways', [namedGateway('ge-0/0/0', 'Fibre')]);
  await poll(0, [path('Fibre')], ['ge-0/0/0', 'ge-0/0/1']);
  await poll(30, [path('Fibre', { up: false })], ['ge-0/0/0', 'ge-0/0/1']);
  scene.clock.set(START + HOUR);
  await scene.commit('gateways', [namedGateway('ge-0/0/0', 'Glass')]);
  await scene.commit('gateways', [namedGateway('ge-0/0/1', 'Fibre')]);
  await poll(60, [path('Fibre', { latency: 60 }), path('Glass', { latency: 20 })], ['ge-0/0/0', 'ge-0/0/1']);
  await poll(120, [], ['ge-0/0/0', 'ge-0/0/1']);
  expect(await hours()).toEqual([
    [12, 'ge-0/0/0', 30, 30, 1, 40],
    [13, 'ge-0/0/0', 60, 0, 1, 20],
    [13, 'ge-0/0/1', 60, 0, 0, 60],
  ]);
});

it('knows nothing of paths while their gateway is cut off', async () => {
  const gateway = (status: string): object => ({ ...namedGateway('ge-0/0/0', 'Fibre'), status });
  await scene.commit('gateways', [gateway('connected')]);
  await poll(0, [path('ge-0/0/0')]);
  scene.clock.set(START + 15 * MINUTE);
  await scene.commit('gateways', [gateway('disconnected')]);
  await poll(20, [path('ge-0/0/0', { up: false, latency: 99 })]);
  scene.clock.set(START + 45 * MINUTE);
  await scene.commit('gateways', [gateway('connected')]);
  await poll(50, [path('ge-0/0/0', { latency: 60 })]);
  await poll(60, []);
  expect(await hours()).toEqual([[12, 'ge-0/0/0', 30, 0, 0, 50]]);
});

it('mends the hours that a late page is about, and those that begin with what it told', async () => {
  await poll(0, [path('ge-0/0/0')]);
  await poll(60, []);
  await poll(120, []);
  await poll(180, [path('ge-0/0/0', { latency: 10 })]);
  await poll(240, []);
  expect(await hours()).toEqual([
    [12, 'ge-0/0/0', 60, 0, 0, 40],
    [15, 'ge-0/0/0', 60, 0, 0, 10],
  ]);
  await scene.commit('peer-paths', [path('ge-0/0/0', { up: false })], START + 50 * MINUTE);
  const mended = [
    [12, 'ge-0/0/0', 50, 10, 1, 40],
    [13, 'ge-0/0/0', 0, 50, 0, null],
    [15, 'ge-0/0/0', 60, 0, 1, 10],
  ];
  expect(await hours()).toEqual(mended);
  await scene.commit('peer-paths', [path('ge-0/0/0', { up: false })], START + 50 * MINUTE);
  expect(await hours()).toEqual(mended);
});

it('takes the hour along into a month that nobody has seen yet', async () => {
  const end = Date.UTC(2026, 3, 1);
  scene.clock.set(end - 2 * HOUR);
  await scene.commit('wan-ports', [portRow('ge-0/0/0')]);
  scene.clock.set(end - 10 * MINUTE);
  await scene.commit('peer-paths', [path('ge-0/0/0')]);
  scene.clock.set(end + HOUR);
  await scene.commit('wan-ports', [portRow('ge-0/0/0')]);
  expect((await hours()).map((row) => row.slice(0, 4))).toEqual([
    [23, 'ge-0/0/0', 10, 0],
    [0, 'ge-0/0/0', 50, 0],
  ]);
});
