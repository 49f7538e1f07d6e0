import 'reflect-metadata';
import { jest } from '@jest/globals';
import { COLLECT_KINDS, JobPublisher, JobSchedules } from '@app/shared';
import { waitFor } from '@app/testing';
import { ReconcileService } from '../scheduling/reconcile.service.js';
import { Scene } from '../testing/scene.fixture.js';

const MINUTE_MS = 60_000;

/** A lease is renewed by an interval; all other timers run as they are. */
const NOT_FAKED = [
  'Date',
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setTimeout',
  'clearTimeout',
] as const;

let scene: Scene;
afterEach(async () => {
  jest.useRealTimers();
  await scene.close();
});

describe('schedules and leases', () => {
  it('make one poll per slot, however often it is asked for', async () => {
    scene = await Scene.start();
    expect(await scene.poll('wan-ports', 'schedule')).toMatchObject({ is: 'done' });
    expect(await scene.poll('wan-ports', 'schedule')).toEqual({ is: 'idle' });
    scene.cloud.clock.advance(5 * MINUTE_MS);
    const both = await Promise.all([scene.poll('wan-ports', 'schedule'), scene.poll('wan-ports', 'schedule')]);
    expect(both.map(({ is }) => is).sort()).toEqual(['done', 'idle']);
  });

  it('poll again what was read and never stored, and only that', async () => {
    scene = await Scene.start();
    await scene.sink.close();
    await scene.poll('wan-ports', 'schedule');
    expect(await scene.poll('wan-ports', 'again')).toEqual({ is: 'idle' });
    scene.cloud.clock.advance(6 * MINUTE_MS);
    expect(await scene.poll('wan-ports', 'again')).toMatchObject({ is: 'done' });
  });

  it('give the poll of a collector that died half-way to the next in the same slot, once its lease has run out', async () => {
    scene = await Scene.start();
    await scene.poll('sites', 'schedule');
    await scene.rig.database.query('update poll_cycle set pages = null, committed_at = null');
    await scene.rig.database.query(`update poll_state set lease_holder = 'dead', lease_until = $1`, [
      new Date(scene.cloud.clock.now() + MINUTE_MS),
    ]);
    expect(await scene.poll('sites', 'schedule')).toEqual({ is: 'idle' });
    scene.cloud.clock.advance(MINUTE_MS + 1);
    expect(await scene.poll('sites', 'schedule')).toMatchObject({ is: 'done' });
  });

  it('do not repeat the poll of a collector that died after its last page', async () => {
    scene = await Scene.start();
    await scene.poll('sites', 'schedule');
    await scene.rig.database.query(`update poll_state set lease_holder = 'dead', lease_until = $1`, [
      new Date(scene.cloud.clock.now()),
    ]);
    scene.cloud.clock.advance(1);
    for (const reason of ['schedule', 'again'] as const) expect(await scene.poll('sites', reason)).toEqual({ is: 'idle' });
  });

  it('leave a poll to the collector that took its lease, as nothing to try again', async () => {
    scene = await Scene.start();
    jest.useFakeTimers({ doNotFake: [...NOT_FAKED] });
    scene.cloud.faults.add({ kind: 'timeout' });
    const lost = scene.poll('wan-ports', 'schedule');
    await waitFor(() => scene.cloud.requests.count(/ports/) > 0);
    await scene.rig.database.query(`update poll_state set lease_holder = 'another'`);
    jest.advanceTimersByTime(MINUTE_MS);
    expect(await lost).toEqual({ is: 'idle' });
    expect(await scene.state('wan-ports')).toEqual({ code: null, reason: null, holder: 'another' });
  });

  it('are made for every org and kind, and removed with their org', async () => {
    scene = await Scene.start({ orgs: 2 });
    const schedules = scene.collector.get(JobSchedules);
    await schedules.upsert(
      'collect.gone.sites',
      'collect-kind',
      { orgId: 'gone', kind: 'sites', reason: 'schedule' },
      { everyMs: 60_000, offsetMs: 0 },
    );
    await scene.collector.get(ReconcileService).reconcile();
    const polls = (await schedules.list()).filter(({ name }) => name === 'collect-kind');
    expect(polls).toHaveLength(2 * COLLECT_KINDS.length);
    expect(polls.map(({ payload }) => payload)).not.toContainEqual(expect.objectContaining({ orgId: 'gone' }));
    // Nothing has ever been polled, so all of it is wanted at once.
    expect(await scene.collector.get(JobPublisher).depth('collect')).toBeGreaterThanOrEqual(2 * COLLECT_KINDS.length);
  });
});
