import { IngestScene, MAC, portDown, portRow } from './ingest.fixture.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const T0 = Date.UTC(2026, 2, 2, 8, 30);

let scene: IngestScene;
beforeEach(async () => {
  scene = await IngestScene.open(T0);
}, 60_000);
afterEach(() => scene.close());

const portUp = (portId: string, at: number): object => ({ ...portDown(portId, at), type: 'GW_PORT_UP', text: 'up' });
const alerts = async (): Promise<string[]> => {
  const rows = await scene.database.query<{ line: string }>(
    `select status || ' ' || (details->>'changes') as line from alert where rule = 'flapping' order by id`,
  );
  return rows.map(({ line }) => line);
};
const poll = async (more: object = {}, ...others: object[]): Promise<void> => {
  scene.clock.advance(5 * MINUTE);
  await scene.commit('wan-ports', [portRow('ge-0/0/0', more), ...others]);
};

describe('flapping', () => {
  it('is told at the fourth change within an hour, though they all come at once, and ends after an hour without', async () => {
    await poll();
    await poll();
    const at = (minute: number) => scene.clock.now() + minute * MINUTE;
    await scene.commit('device-events', [
      portDown('ge-0/0/0', at(-1.8)),
      portUp('ge-0/0/0', at(-1.7)),
      portDown('ge-0/0/0', at(-1.6)),
    ]);
    expect(await alerts()).toEqual([]);
    await scene.commit('device-events', [portUp('ge-0/0/0', at(-1.5))]);
    expect(await alerts()).toEqual(['firing 4']);
    for (let i = 0; i < 11; i += 1) await poll();
    expect(await alerts()).toEqual(['firing 4']);
    await poll();
    expect(await alerts()).toEqual(['resolved 4']);
  }, 60_000);

  it('is seen by what the port says of itself, though it is up at every poll', async () => {
    await poll({ last_flapped: T0 / SECOND - 7_200 });
    await poll({ last_flapped: scene.clock.now() / SECOND });
    expect(await alerts()).toEqual([]);
    await poll({ last_flapped: scene.clock.now() / SECOND });
    expect(await alerts()).toEqual(['firing 4']);
  }, 60_000);

  it('is not told of ports that go down once and come back, nor of one that is switched off', async () => {
    const other = portRow('ge-0/0/1');
    await poll({}, other);
    await poll({ up: false }, { ...other, up: false });
    await poll({}, other);
    await poll({}, other);
    expect(await alerts()).toEqual([]);
    await poll({ up: false }, other);
    await poll({}, other);
    expect(await alerts()).toEqual(['firing 4']);
    await poll({ disabled: true }, other);
    expect(await alerts()).toEqual(['resolved 4']);
    expect(await scene.database.query('select mac from circuit where disabled')).toEqual([{ mac: MAC }]);
  }, 60_000);
});
