import { waitFor } from '@app/testing';
import { IngestScene, namedGateway, portDown, portRow } from './ingest.fixture.js';

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 2, 2, 12, 30);
const EVENT = portDown('ge-0/0/0', NOW - 10 * MINUTE);

let scene: IngestScene;
beforeEach(async () => {
  scene = await IngestScene.open(NOW);
}, 60_000);
afterEach(() => scene.close());

/** Runs `first` until it has written all but the last and waits for us, then `second` until it waits too or is done; then lets go. */
async function overlapping(first: () => Promise<void>, second: () => Promise<void>): Promise<void> {
  const work: Promise<void>[] = [];
  await scene.database.transaction(async (tx) => {
    await tx.query('lock table feed_read in exclusive mode');
    work.push(first());
    await waitFor(async () => (await waiting()) >= 1);
    const state = { isDone: false };
    work.push(second().finally(() => (state.isDone = true)));
    await waitFor(async () => state.isDone || (await waiting()) >= 2);
  });
  await Promise.all(work);
}

/** The retention of the service comes by when it likes and waits as well. */
const waiting = async (): Promise<number> =>
  (
    await scene.database.query(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query not like 'with gone as (delete%'`,
    )
  ).length;

describe('events about ports not known yet', () => {
  it('reach the facts when they come after the look-up for stored ones', async () => {
    // Makes the partitions, which would wait as well.
    await scene.commit('device-events', [portDown('ge-0/0/0', NOW - 10 * MINUTE, { type: 'GW_CONFIGURED' })]);
    await overlapping(
      () => scene.commit('wan-ports', [portRow('ge-0/0/0')]),
      () => scene.commit('device-events', [EVENT]),
    );
    expect(await scene.portEvents()).toEqual(['ge-0/0/0 down']);
  });

  it('reach the facts when the port is looked up before they are committed', async () => {
    await overlapping(
      () => scene.commit('device-events', [EVENT]),
      () => scene.commit('wan-ports', [portRow('ge-0/0/0')]),
    );
    expect(await scene.portEvents()).toEqual(['ge-0/0/0 down']);
  });
});

describe('events by WAN name', () => {
  const byName = portDown('wan0', NOW - 10 * MINUTE);

  it('reach the facts once the name is known', async () => {
    await scene.commit('wan-ports', [portRow('ge-0/0/0')]);
    await scene.commit('device-events', [byName]);
    expect(await scene.portEvents()).toEqual([]);
    await scene.commit('gateways', [namedGateway('ge-0/0/0', 'wan0')]);
    expect(await scene.portEvents()).toEqual(['ge-0/0/0 down']);
  });

  it('reach the facts when the name becomes known while they are being stored', async () => {
    await scene.commit('wan-ports', [portRow('ge-0/0/0')]);
    await overlapping(
      () => scene.commit('device-events', [byName]),
      () => scene.commit('gateways', [namedGateway('ge-0/0/0', 'wan0')]),
    );
    expect(await scene.portEvents()).toEqual(['ge-0/0/0 down']);
  });

  it('stay with the port that had the name when another takes it over', async () => {
    await scene.commit('wan-ports', [portRow('ge-0/0/0'), portRow('ge-0/0/1')]);
    await scene.commit('gateways', [namedGateway('ge-0/0/0', 'wan0')]);
    await scene.commit('device-events', [byName]);
    scene.clock.advance(5 * MINUTE);
    await scene.commit('gateways', [namedGateway('ge-0/0/0', 'wan1')]);
    await scene.commit('gateways', [namedGateway('ge-0/0/1', 'wan0')]);
    expect(await scene.portEvents()).toEqual(['ge-0/0/0 down']);
  });
});
