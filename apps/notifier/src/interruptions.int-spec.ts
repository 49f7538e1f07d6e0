import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitFor } from '@app/testing';
import { claimDeliveries, lockClaim } from './dispatch/deliveries.repository.js';
import { MINUTE, Rig, SECOND } from './rig.spec-support.js';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.start();
}, 60_000);
afterEach(() => rig.stop(), 30_000);

/** A webhook receiver that does something before it answers. */
async function receiver(before: () => Promise<void>): Promise<{ channels: object[]; server: Server; count: () => number }> {
  let count = 0;
  const server = createServer((request, response) => {
    count += 1;
    request.resume().on('end', () =>
      before().then(
        () => response.writeHead(204).end(),
        () => response.destroy(),
      ),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  return { server, count: () => count, channels: [{ id: 'own', type: 'webhook', url, secret, allowPrivate: true }] };
}

/** Locks the deliveries; what is returned lets them go. */
async function holdDeliveries(): Promise<() => Promise<void>> {
  let letGo = (): void => undefined;
  const wish = new Promise<void>((resolve) => (letGo = resolve));
  let done = Promise.resolve();
  await new Promise<void>((isHeld, fails) => {
    done = rig.database.transaction(async (tx) => {
      await tx.query('select 1 from delivery for update');
      isHeld();
      await wish;
    });
    done.catch(fails);
  });
  return () => (letGo(), done);
}

const cutWhoeverWaits = (): Promise<unknown> =>
  waitFor(
    async () => {
      const cut = await rig.database.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and application_name = 'mistwatch-notifier' and wait_event_type = 'Lock'`,
      );
      return cut.length > 0;
    },
    { describe: 'a notifier that waits for the delivery' },
  );

describe('what interrupts a delivery', () => {
  it('keeps in mind what the receiver said while Postgres hangs up, and does not send it again', async () => {
    let letGo = async (): Promise<void> => undefined;
    const { channels, server, count } = await receiver(async () => void (letGo = await holdDeliveries()));
    const { dispatch } = await rig.notifier([], { channels });
    await rig.alert('site-down', await rig.site('Alpha'));
    await dispatch.sendDue();
    rig.clock.advance(30 * SECOND);
    const sending = dispatch.sendDue();
    await cutWhoeverWaits();
    await letGo();
    await sending;
    await rig.pass(dispatch, 10 * MINUTE);
    expect(count()).toBe(1);
    expect(await rig.deliveries()).toMatchObject([{ status: 'sent', attempts: 1 }]);
    server.close();
  }, 60_000);

  it('tells the end to somebody who may have been told, although that was then held back', async () => {
    const steps = [
      { to: ['email:first@example.com'], repeats: 0 },
      { afterMinutes: 10, to: ['email:second@example.com'], repeats: 0 },
    ];
    const { dispatch } = await rig.notifier(['noc@example.com'], { policies: [{ id: 'sites', steps }] });
    const alert = await rig.alert('site-down', await rig.site('Alpha'));
    await rig.pass(dispatch, 5 * MINUTE);
    rig.sink.setFault('drop-after-data');
    await rig.pass(dispatch, 6 * MINUTE, 6 * MINUTE);
    rig.sink.setFault(null);
    await rig.change(alert, { status: 'resolved' });
    await rig.pass(dispatch, 5 * MINUTE);
    expect(rig.news()).toEqual([
      'first@example.com [CRITICAL] Alpha: site down',
      'first@example.com [RECOVERED] Alpha: site down',
      'second@example.com [CRITICAL] Alpha: site down',
      'second@example.com [RECOVERED] Alpha: site down',
    ]);
    expect((await rig.deliveries()).map(({ status }) => status)).toEqual(['sent', 'withheld', 'sent', 'sent']);
  }, 60_000);

  it('leaves a delivery to whoever took it over while this process stood still', async () => {
    const { dispatch } = await rig.notifier();
    rig.sink.setFault('451');
    await rig.alert('site-down', await rig.site('Alpha'));
    await rig.pass(dispatch, 30 * SECOND, 30 * SECOND);
    rig.clock.advance(MINUTE);
    const claim = (claimant: string) =>
      claimDeliveries(rig.database, { claimant, now: rig.clock.now(), leaseMs: MINUTE, limit: 5 });
    const [slow] = await claim('slow');
    expect(await claim('other')).toEqual([]);
    rig.clock.advance(MINUTE);
    const [other] = await claim('other');
    const holds = (delivery: typeof slow) =>
      rig.database.transaction(async (tx) => delivery !== undefined && lockClaim(tx, delivery));
    expect([await holds(slow), await holds(other)]).toEqual([false, true]);
  }, 60_000);
});
