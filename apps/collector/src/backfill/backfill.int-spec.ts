import 'reflect-metadata';
import { mapWanHours } from '@app/mist';
import { JobPublisher, type BackfillKind, type BackfillProgress } from '@app/shared';
import { waitFor } from '@app/testing';
import { ReconcileService } from '../scheduling/reconcile.service.js';
import { Scene } from '../testing/scene.fixture.js';
import { BackfillRequests } from './backfill-requests.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let scene: Scene;
afterEach(() => scene.close());

const requests = (): BackfillRequests => scene.collector.get(BackfillRequests);
const hoursAgo = (hours: number): Date => new Date(scene.cloud.clock.now() - hours * HOUR_MS);

async function request(hours: number, kinds: readonly BackfillKind[]): Promise<number> {
  return requests().request(scene.orgId(), { from: hoursAgo(hours), to: hoursAgo(0), kinds });
}

async function progress(id: number): Promise<BackfillProgress> {
  const found = await requests().progress(scene.orgId(), id);
  if (found === null) throw new Error(`no backfill ${id}`);
  return found;
}

/** Slices until it is finished; the sink stores what is read. */
const finish = (id: number): Promise<BackfillProgress> =>
  waitFor(
    async () => {
      await requests().run(scene.orgId());
      const now = await progress(id);
      return now.state === 'finished' ? now : undefined;
    },
    { timeoutMs: 20_000, describe: `the end of backfill ${id}` },
  );

/** Circuits as the analyzer would have them after the first poll, without any hour. */
async function knowCircuits(limit: number): Promise<void> {
  await scene.pollNow('sites');
  for (const { siteId, mac, portId } of scene.cloud.truth.circuits(scene.orgId()).slice(0, limit)) {
    await scene.rig.database.query(
      `with s as (insert into site (org_id, external_id) select id, $1 from org limit 1
         on conflict (org_id, external_id) do update set external_id = excluded.external_id returning org_id, id)
       insert into circuit (org_id, mac, port_id, site_id, is_live) select org_id, $2, $3, id, true from s`,
      [siteId, mac, portId],
    );
  }
}

describe('a backfill', () => {
  it('leaves the regular poll its slot, and the point from which it continues', async () => {
    scene = await Scene.start();
    const id = await request(30, ['device-events', 'sle-wifi']);
    expect(await finish(id)).toMatchObject({ steps: 32, stepsDone: 32, stepsFailed: 0 });
    const windows = scene
      .batchesOf('device-events')
      .map(({ context }) => Number(context?.['windowTo']) - Number(context?.['windowFrom']));
    expect(windows.sort((a, b) => a - b)).toEqual([6 * HOUR_MS, 24 * HOUR_MS]);
    const rows = await scene.rig.database.query(
      `select 1 from poll_state where kind = 'device-events' and (attempted_at is not null or committed_at is not null)`,
    );
    expect(rows).toEqual([]);
    expect(await scene.poll('device-events', 'schedule')).toMatchObject({ is: 'done' });
    expect(await scene.committed('device-events')).toBe(scene.cloud.clock.now());
  });

  it('reads the hours of each circuit from both series, and those of scores that no poll has read', async () => {
    scene = await Scene.start({ sites: 5 });
    await knowCircuits(6);
    await scene.pollNow('sle-wan');
    await scene.committed('sle-wan');
    const id = await request(4, ['wan-hours', 'sle-wan']);
    expect(await finish(id)).toMatchObject({ steps: 6 + 3, stepsDone: 9 });
    const hours = scene.batchesOf('wan-hours').flatMap(({ records, observedAt }) => mapWanHours(records ?? [], observedAt));
    expect(hours.flatMap(({ setAside }) => setAside)).toEqual([]);
    const ports = hours.flatMap(({ records }) => records);
    expect(ports.map(({ mac, portId }) => `${mac} ${portId}`)).toHaveLength(6);
    for (const { mac, portId, hours: told } of ports) {
      expect(told).toHaveLength(4);
      for (const { hour, rxBps } of told) {
        const truth = scene.cloud.truth.circuitHour(scene.orgId(), mac, portId, hour);
        expect(Math.abs((rxBps ?? Number.NaN) * 450 - truth.rxBytes)).toBeLessThanOrEqual(450);
      }
    }
    const scored = scene.batchesOf('sle-wan').flatMap(({ context }) => context?.['dataAt'] ?? []);
    expect(new Set(scored)).toEqual(new Set([7, 8, 9].map((hour) => Date.UTC(2026, 2, 2, hour))));
  });

  it('is the same when it is asked for again, and asks again only for what is still missing', async () => {
    scene = await Scene.start();
    const id = await request(3, ['sle-wifi']);
    expect(await request(3, ['sle-wifi'])).toBe(id);
    await finish(id);
    const again = await request(3, ['sle-wifi']);
    expect(again).not.toBe(id);
    expect(await finish(again)).toMatchObject({ steps: 0 });
  });

  it('takes of the budget what polls leave, and goes on in the next hour', async () => {
    scene = await Scene.start({ collect: { budget: { callsPerHour: 100, usePercent: 50 } } });
    const id = await request(24, ['sle-wifi', 'sle-wan']);
    expect(await requests().run(scene.orgId())).toMatchObject({ is: 'more' });
    const waiting = await progress(id);
    expect(waiting).toMatchObject({ state: 'waiting', stepsDone: 0 });
    expect(waiting.waitingReason).toMatch(/^Budget exhausted/);
    for (const kind of ['sites', 'wan-ports', 'device-events'] as const)
      expect(await scene.poll(kind, 'schedule')).toMatchObject({ is: 'done' });
    // Ten minutes before the hour ends there is little that polls still need.
    scene.cloud.clock.advance(30 * MINUTE_MS);
    await waitFor(async () => {
      await requests().run(scene.orgId());
      return (await progress(id)).stepsDone > 0;
    });
    const [spent] = await scene.rig.database.query<{ spent: number }>('select max(spent) as spent from api_budget');
    expect(spent?.spent).toBeLessThan(50);
  });

  it('reads again what was never stored, and is gone on with by the minute check', async () => {
    scene = await Scene.start();
    await scene.sink.close();
    const id = await request(1, ['sle-wifi']);
    await requests().run(scene.orgId());
    const calls = scene.cloud.requests.count(/sites-sle/);
    scene.cloud.clock.advance(6 * MINUTE_MS);
    await requests().run(scene.orgId());
    expect(scene.cloud.requests.count(/sites-sle/)).toBe(2 * calls);
    expect(await progress(id)).toMatchObject({ state: 'running', stepsDone: 0 });
    await scene.collector.get(ReconcileService).reconcile();
    expect(await scene.collector.get(JobPublisher).depth('collect')).toBeGreaterThan(0);
  });

  it('goes on past a gateway that breaks, gives it up after some attempts, and says so', async () => {
    scene = await Scene.start({ sites: 5, collect: { concurrency: 3 } });
    await knowCircuits(3);
    const [bad] = scene.cloud.truth.circuits(scene.orgId());
    scene.cloud.faults.add({ kind: 'html', path: `*/insights/gateway/*${bad?.mac ?? ''}/stats*` });
    const id = await request(2, ['wan-hours']);
    const done = await waitFor(
      async () => {
        await requests().run(scene.orgId());
        scene.cloud.clock.advance(16 * MINUTE_MS);
        const now = await progress(id);
        return now.state === 'finished' ? now : undefined;
      },
      { timeoutMs: 60_000, describe: 'the end' },
    );
    expect(done.stepsFailed).toBeGreaterThan(0);
    expect(done.stepsDone + done.stepsFailed).toBe(3);
    expect(done.failure).toMatch(/no JSON/);
  }, 90_000);

  it.each([
    [20 * 24, 0, /14 days/],
    [1, 2, /before "to"/],
    [-1, -2, /in the past/],
  ])('refuses a window of %d to %d hours ago', async (from, to, reason) => {
    scene = await Scene.start();
    const asked = requests().request(scene.orgId(), { from: hoursAgo(from), to: hoursAgo(to), kinds: ['sle-wan'] });
    await expect(asked).rejects.toThrow(reason);
  });
});
