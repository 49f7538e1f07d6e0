import { IngestScene, MAC } from '../ingest/ingest.fixture.js';

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 2, 10, 12);
const at = (minute: number): number => NOW + minute * MINUTE;

let scene: IngestScene;
beforeEach(async () => {
  scene = await IngestScene.open(NOW + 24 * 60 * MINUTE);
}, 60_000);
afterEach(() => scene.close());

const gateway = (connected: boolean, site = 'site-1', mac = MAC): object => ({
  type: 'gateway',
  mac,
  site_id: site,
  status: connected ? 'connected' : 'disconnected',
});
const poll = (minute: number, connected: boolean, site?: string) =>
  scene.commit('gateways', [gateway(connected, site)], at(minute));
const event = (minute: number, connected: boolean) =>
  scene.commit(
    'device-events',
    [
      {
        type: connected ? 'GW_CONNECTED' : 'GW_DISCONNECTED',
        timestamp: at(minute) / 1000,
        mac: MAC,
        site_id: 'site-1',
        text: '',
      },
    ],
    at(minute),
  );

const stretches = async (): Promise<string[]> => {
  const rows = await scene.database.query<{ from_at: Date; to_at: Date; connected: boolean; site: string | null }>(
    `select g.from_at, g.to_at, g.connected, s.external_id as site from gateway_state g left join site s on s.org_id = g.org_id and s.id = g.site_id
     order by g.device_id, g.from_at`,
  );
  const minute = (time: Date): number => (time.getTime() - NOW) / MINUTE;
  return rows.map((row) => `${row.connected ? 'up' : 'down'} ${minute(row.from_at)}-${minute(row.to_at)} ${row.site ?? ''}`);
};

it('follows polls and events of a gateway', async () => {
  await poll(0, true);
  await poll(5, true);
  await event(7, false);
  await poll(10, false);
  await poll(15, true);
  await poll(15, true);
  expect(await stretches()).toEqual(['up 0-7 site-1', 'down 7-15 site-1', 'up 15-15 site-1']);
});

it('gives the same whatever the order in which readings come', async () => {
  const readings = [
    () => poll(0, true),
    () => poll(5, false),
    () => event(7, true),
    () => poll(100, true),
    () => poll(105, true),
    () => event(106, false),
  ];
  for (const index of [3, 5, 0, 2, 4, 1, 3]) await readings[index]?.();
  expect(await stretches()).toEqual([
    'up 0-5 site-1',
    'down 5-7 site-1',
    'up 7-67 site-1',
    'up 100-106 site-1',
    'down 106-106 site-1',
  ]);
});

it('tells what was at another site from what is here', async () => {
  await poll(0, true);
  await poll(5, true, 'site-2');
  await poll(10, false, 'site-2');
  expect(await stretches()).toEqual(['up 0-5 site-1', 'up 5-10 site-2', 'down 10-10 site-2']);
});

it('leaves alone what it has no readings of any more', async () => {
  await poll(0, true);
  await poll(5, true);
  await scene.database.query('delete from device_state');
  await poll(3, false);
  expect(await stretches()).toEqual(['up 0-5 site-1']);
  await poll(8, true);
  expect(await stretches()).toEqual(['up 0-8 site-1']);
});

it('does not mix gateways of two pages that are stored at once', async () => {
  const pages = [0, 1, 2, 3].map((page) => [0, 1, 2].map((index) => gateway(index !== 1, 'site-1', `0200000001${page}${index}`)));
  await Promise.all(pages.map((page) => scene.commit('gateways', page, at(0))));
  await Promise.all(pages.map((page) => scene.commit('gateways', page, at(5))));
  const told = await stretches();
  expect([told.length, told.filter((text) => text.startsWith('up 0-5')).length]).toEqual([12, 8]);
});
