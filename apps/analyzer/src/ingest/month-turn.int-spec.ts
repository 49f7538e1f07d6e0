import { IngestScene, portDown, portRow } from './ingest.fixture.js';

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 2, 1, 0, 30);
const EVENT_AT = NOW - 60 * MINUTE;

let scene: IngestScene;
beforeEach(async () => {
  scene = await IngestScene.open(NOW);
}, 60_000);
afterEach(() => scene.close());

const firstHour = async (): Promise<unknown> =>
  (await scene.database.query<{ hour: Date }>('select min(hour) as hour from circuit_hour'))[0]?.hour;

describe('the turn of a month', () => {
  it('takes an event of the last day in before its port is known', async () => {
    await scene.commit('device-events', [portDown('ge-0/0/0', EVENT_AT)]);
    await scene.commit('wan-ports', [portRow('ge-0/0/0')]);
    expect(await scene.portEvents()).toEqual(['ge-0/0/0 down']);
    expect(await firstHour()).toEqual(new Date('2026-02-28T23:00:00Z'));
  });

  it('takes an event of the last day in after its port is known', async () => {
    await scene.commit('wan-ports', [portRow('ge-0/0/0')]);
    await scene.commit('device-events', [portDown('ge-0/0/0', EVENT_AT)]);
    expect(await scene.portEvents()).toEqual(['ge-0/0/0 down']);
    expect(await firstHour()).toEqual(new Date('2026-02-28T23:00:00Z'));
  });

  it('takes an event in that was stored months before its port is known', async () => {
    await scene.commit('device-events', [portDown('ge-0/0/0', EVENT_AT)]);
    scene.clock.set(Date.UTC(2026, 4, 1, 0, 30));
    await scene.commit('wan-ports', [portRow('ge-0/0/0')]);
    expect(await scene.portEvents()).toEqual(['ge-0/0/0 down']);
  });
});
