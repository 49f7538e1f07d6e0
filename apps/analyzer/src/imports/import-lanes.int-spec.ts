import { ImportScene, NOW } from './import.fixture.js';

const HEADER = 'hour,site_id,mac,port_id,rx_bytes,tx_bytes';
const HOURS = ['2026-03-01T10:00:00Z', '2026-03-01T11:00:00Z'];
const GATEWAYS = Array.from({ length: 12 }, (_, i) => i);
/** Three gateways at each site, so that rows which are stored at the same time share sites. */
const rows = (name: string, bytes: number): string[] =>
  GATEWAYS.flatMap((i) => HOURS.map((hour) => `${hour},s${i % 4},${name}${i},p,${bytes + i},${bytes}`));

let scene: ImportScene;
beforeAll(async () => {
  scene = await ImportScene.open();
}, 60_000);
afterAll(() => scene.close());

const stored = async (): Promise<unknown[]> =>
  (await scene.hours('rx_bytes::int as rx')).map(({ mac, rx }) => [String(mac).replace(/\D/g, ''), rx]);
const expected = (bytes: number): unknown[] =>
  GATEWAYS.map(String)
    .sort()
    .flatMap((i) => HOURS.map(() => [i, bytes + Number(i)]));

describe('hours of many gateways in one file', () => {
  it('are all stored, and the last row of an hour counts', async () => {
    const result = await scene.import('circuit-hours', [HEADER, ...rows('new', 1000), ...rows('new', 2000)]);
    expect(result).toMatchObject({ rows: 48, stored: 24, unchanged: 24, refused: 0 });
    expect(await stored()).toEqual(expected(2000));
  });

  it('follow each other in the file also where one gateway replaced the other', async () => {
    await scene.database.query(
      `insert into circuit_alias (org_id, mac, port_id, circuit_id, until, linked_at, actor)
       select org_id, replace(mac, 'new', 'old'), port_id, id, $1, $1, 'test' from circuit`,
      [new Date(NOW)],
    );
    await scene.import('circuit-hours', [HEADER, ...rows('new', 3000), ...rows('old', 4000)]);
    expect(await stored()).toEqual(expected(4000));
    await scene.import('circuit-hours', [HEADER, ...rows('old', 5000), ...rows('new', 6000)]);
    expect(await stored()).toEqual(expected(6000));
  });
});
