import { JobSchedules, METRICS } from '@app/shared';
import { startHttpReceiver, waitFor, type HttpReceiver } from '@app/testing';
import type { Registry } from 'prom-client';
import { DispatchHandlers } from '../dispatch/dispatch.handlers.js';
import { MINUTE, Rig, SECOND } from '../rig.spec-support.js';

let rig: Rig;
let receiver: HttpReceiver;
beforeEach(async () => {
  [rig, receiver] = await Promise.all([Rig.start(), startHttpReceiver(() => ({ status: 200, body: 'OK' }))]);
}, 60_000);
afterEach(async () => {
  await rig.stop();
  await receiver.close();
}, 30_000);

const start = async (allowPrivate = true) => {
  const url = allowPrivate ? `${receiver.url}/beat` : `https://127.0.0.1:${new URL(receiver.url).port}/beat`;
  const service = await rig.notifier(['noc@example.com'], { heartbeat: { url, allowPrivate } });
  return { ...service, jobs: service.app.get(DispatchHandlers) };
};
type Started = Awaited<ReturnType<typeof start>>;

/** The collector has just polled, and the analyzer stored what it brought. */
const polled = (): Promise<unknown> =>
  rig.database.query(
    `insert into poll_state (org_id, kind, attempted_at, committed_at) values ($1, 'wan-ports', $2, $2)
     on conflict (org_id, kind) do update set attempted_at = excluded.attempted_at, committed_at = excluded.committed_at`,
    [rig.orgId, new Date(rig.clock.now())],
  );
/** Minutes go by: the jobs of the notifiers come as their schedules have it, the polls unless told otherwise. */
async function minutes(notifiers: readonly Started[], count: number, more: { isPolled?: boolean; isSwept?: boolean } = {}) {
  for (let minute = 0; minute < count; minute += 1) {
    rig.clock.advance(MINUTE);
    if (more.isPolled !== false) await polled();
    if (more.isSwept !== false) await Promise.all(notifiers.map(({ jobs }) => jobs['send-due']()));
    await Promise.all(notifiers.map(({ jobs }) => jobs['send-heartbeat']()));
  }
}
const beats = (): number => receiver.requests.length;
async function metric({ app }: Started, name: string): Promise<number | undefined> {
  const found = await app.get<Registry>(METRICS, { strict: false }).getSingleMetric(`mistwatch_heartbeat_${name}`)?.get();
  return found?.values[0]?.value;
}

describe('the heartbeat', () => {
  it('goes out once a minute, also with two notifiers', async () => {
    const notifiers = [await start(), await start()];
    await minutes(notifiers, 5);
    expect(beats()).toBe(5);
    expect(receiver.requests[0]).toMatchObject({ method: 'GET', path: '/beat', body: '' });
  }, 60_000);

  it('stops when the collector has stopped, and comes back with it', async () => {
    const notifier = await start();
    await minutes([notifier], 2);
    await minutes([notifier], 30, { isPolled: false });
    // Two intervals of five minutes and one minute more.
    expect(beats()).toBe(2 + 11);
    expect(await metric(notifier, 'held_back')).toBe(1);
    await minutes([notifier], 3);
    expect(beats()).toBe(13 + 3);
    expect(await metric(notifier, 'held_back')).toBe(0);
    expect(await metric(notifier, 'sent_timestamp_seconds')).toBe(rig.clock.now() / 1_000);
  }, 60_000);

  it('stops when the sweep hangs, and comes back when it ends', async () => {
    const notifier = await start();
    await minutes([notifier], 1);
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    let isLocked = (): void => undefined;
    const locked = new Promise<void>((resolve) => (isLocked = resolve));
    const blocker = rig.database.transaction(async (tx) => {
      await tx.query('lock table delivery in access exclusive mode');
      isLocked();
      await held;
    });
    await locked;
    const sweep = notifier.jobs['send-due']();
    await minutes([notifier], 10, { isSwept: false });
    expect(beats()).toBe(1 + 3);
    letGo();
    await Promise.all([blocker, sweep]);
    await minutes([notifier], 1, { isSwept: false });
    expect(beats()).toBe(4 + 1);
  }, 60_000);

  it('stops when changes of alerts wait for a notifier', async () => {
    const notifier = await start();
    await minutes([notifier], 1);
    await rig.alert('site-down', await rig.site('Alpha'));
    rig.clock.advance(6 * MINUTE);
    await polled();
    await rig.database.query('update heartbeat set swept_at = $1', [new Date(rig.clock.now())]);
    await notifier.jobs['send-heartbeat']();
    expect(beats()).toBe(1);
    await minutes([notifier], 1);
    expect(beats()).toBe(2);
  }, 60_000);

  it('holds up no notice when its receiver does not answer, and says so', async () => {
    const notifier = await start();
    await polled();
    await notifier.jobs['send-due']();
    receiver.setFault('broken');
    await minutes([notifier], 1);
    await rig.alert('site-down', await rig.site('Alpha'));
    await notifier.jobs['send-due']();
    rig.clock.advance(30 * SECOND);
    await notifier.jobs['send-due']();
    expect(rig.news()).toEqual(['noc@example.com [CRITICAL] Alpha: site down']);
    expect(await metric(notifier, 'failures_total')).toBe(1);
    expect(await rig.database.query('select failure from heartbeat')).toEqual([
      { failure: expect.stringContaining('answered 500') as string },
    ]);
    receiver.setFault(null);
    await minutes([notifier], 1);
    expect(await rig.database.query('select failure, sent_at from heartbeat')).toEqual([
      { failure: null, sent_at: new Date(rig.clock.now()) },
    ]);
  }, 60_000);

  it('reaches no private address unless allowed', async () => {
    const notifier = await start(false);
    await minutes([notifier], 1);
    expect(beats()).toBe(0);
    expect(await rig.database.query('select failure from heartbeat')).toEqual([
      { failure: expect.stringContaining('Nothing is sent to 127.0.0.1') as string },
    ]);
  }, 60_000);

  it('goes on after the clock was set back', async () => {
    const notifier = await start();
    await minutes([notifier], 1);
    rig.clock.advance(-3 * 60 * MINUTE);
    await minutes([notifier], 2);
    expect(beats()).toBe(3);
  }, 60_000);

  it('has its schedule in the queue', async () => {
    const { app } = await start();
    const schedules = app.get(JobSchedules, { strict: false });
    await waitFor(async () => (await schedules.list()).some(({ id }) => id === 'send-heartbeat'), { describe: 'the schedule' });
    const found = (await schedules.list()).find(({ id }) => id === 'send-heartbeat');
    expect(found).toMatchObject({ name: 'send-heartbeat', everyMs: MINUTE });
  }, 60_000);
});
