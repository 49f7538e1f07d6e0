import { JobPublisher } from '@app/shared';
import { waitFor } from '@app/testing';
import { claimDeliveries, renewClaims } from './dispatch/deliveries.repository.js';
import type { DispatchService } from './dispatch/dispatch.service.js';
import { MINUTE, Rig, SECOND } from './rig.spec-support.js';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.start();
}, 60_000);
afterEach(() => rig.stop(), 30_000);

const subjects = (): string[] => rig.sink.mails.map((mail) => mail.subject ?? '');

/** A notice that the mail server did not take the first time. */
async function refused(): Promise<DispatchService> {
  const { dispatch } = await rig.notifier();
  await rig.alert('sle', await rig.site('Alpha'));
  await dispatch.sendDue();
  rig.clock.advance(30 * SECOND);
  rig.sink.setFault('451');
  await dispatch.sendDue();
  rig.sink.setFault(null);
  return dispatch;
}

describe('the notifier', () => {
  it('sends one mail per state change and recovery although everything comes twice and two notifiers run', async () => {
    const [one, two] = await Promise.all([rig.notifier(), rig.notifier()]);
    const everything = async (): Promise<void> => {
      await rig.deliverOutboxAgain();
      const publisher = one.app.get(JobPublisher);
      await Promise.all([
        publisher.publish('drain-outbox', { orgId: 'org-1' }),
        publisher.publish('drain-outbox', { orgId: 'org-1' }),
        one.dispatch.sendDue(),
        two.dispatch.sendDue(),
      ]);
      await waitFor(() => rig.isQuiet(), { describe: 'all outbox rows taken and all deliveries made' });
    };
    const site = await rig.site('Alpha');
    const alert = await rig.alert('sle', site, { severity: 'major' });
    await everything();
    expect(subjects()).toEqual([]);
    rig.clock.advance(30 * SECOND);
    await everything();
    rig.clock.advance(10 * MINUTE);
    await everything();
    await rig.change(alert, { severity: 'critical' });
    await everything();
    await rig.change(alert, { status: 'resolved' });
    await everything();
    rig.clock.advance(10 * 60 * MINUTE);
    await everything();
    expect(subjects()).toEqual([
      '[MAJOR] Alpha: service levels degraded',
      '[CRITICAL] Alpha: service levels critical',
      '[RECOVERED] Alpha: service levels critical',
    ]);
  }, 60_000);

  it('delivers once after ten minutes without a mail server', async () => {
    const { dispatch } = await rig.notifier();
    rig.sink.setFault('refuse');
    await rig.alert('sle', await rig.site('Alpha'));
    await dispatch.sendDue();
    for (let minute = 0; minute < 10; minute += 1) {
      rig.clock.advance(MINUTE);
      await dispatch.sendDue();
    }
    expect(rig.sink.mails).toHaveLength(0);
    rig.sink.setFault(null);
    for (let minute = 0; minute < 40; minute += 1) {
      rig.clock.advance(MINUTE);
      await dispatch.sendDue();
    }
    expect(subjects()).toEqual(['[CRITICAL] Alpha: service levels critical']);
    expect(await rig.deliveries()).toMatchObject([{ status: 'sent', reason: 'opened' }]);
  }, 60_000);

  it('tries again after 451, and gives up at once, on record, after 550', async () => {
    const { dispatch } = await rig.notifier();
    await rig.alert('sle', await rig.site('Alpha'));
    await dispatch.sendDue();
    rig.clock.advance(30 * SECOND);
    rig.sink.setFault('451');
    await dispatch.sendDue();
    expect(await rig.deliveries()).toMatchObject([{ status: 'due', attempts: 1 }]);
    rig.sink.setFault('550');
    rig.clock.advance(MINUTE);
    await dispatch.sendDue();
    expect(await rig.deliveries()).toMatchObject([{ status: 'dead', attempts: 2 }]);
    const audit = await rig.database.query<{ action: string; reason: string }>(
      `select action, details->>'reason' as reason from audit`,
    );
    expect(audit.map(({ action }) => action)).toEqual(['delivery-dead']);
    expect(audit[0]?.reason).toContain('550');
    expect(await rig.database.query('select outcome from delivery_attempt order by attempt')).toEqual([
      { outcome: 'retry' },
      { outcome: 'dead' },
    ]);
  }, 60_000);

  it('repeats a mail whose answer was lost under the same id', async () => {
    const { dispatch } = await rig.notifier();
    await rig.alert('sle', await rig.site('Alpha'));
    await dispatch.sendDue();
    rig.clock.advance(30 * SECOND);
    rig.sink.setFault('drop-after-data');
    await dispatch.sendDue();
    rig.sink.setFault(null);
    rig.clock.advance(MINUTE);
    await dispatch.sendDue();
    await dispatch.sendDue();
    expect(rig.sink.mails).toHaveLength(2);
    expect(new Set(rig.sink.mails.map((mail) => mail.messageId)).size).toBe(1);
  }, 60_000);

  it('tells a recovery only after what it ends, and keeps both in one thread', async () => {
    const { dispatch } = await rig.notifier();
    const alert = await rig.alert('sle', await rig.site('Alpha'));
    await dispatch.sendDue();
    rig.clock.advance(30 * SECOND);
    rig.sink.setFault('451');
    await dispatch.sendDue();
    await rig.change(alert, { status: 'resolved' });
    await dispatch.sendDue();
    rig.sink.setFault(null);
    await dispatch.sendDue();
    expect(rig.sink.mails).toHaveLength(0);
    rig.clock.advance(MINUTE);
    await dispatch.sendDue();
    expect(subjects()).toEqual(['[CRITICAL] Alpha: service levels critical', '[RECOVERED] Alpha: service levels critical']);
    const [first, second] = rig.sink.mails;
    expect(second?.inReplyTo).toBe(first?.messageId);
    expect(second?.references).toContain(first?.messageId);
  }, 60_000);

  it('says nothing of what recovers within the group wait', async () => {
    const { dispatch } = await rig.notifier();
    const alert = await rig.alert('sle', await rig.site('Alpha'));
    await dispatch.sendDue();
    rig.clock.advance(10 * SECOND);
    await rig.change(alert, { status: 'resolved' });
    await dispatch.sendDue();
    rig.clock.advance(60 * MINUTE);
    await dispatch.sendDue();
    expect(rig.sink.mails).toHaveLength(0);
  }, 60_000);

  it('takes over a delivery from a notifier that died', async () => {
    const dispatch = await refused();
    await rig.database.query(`update delivery set claimed_by = 'dead', claimed_until = $1`, [
      new Date(rig.clock.now() + 2 * MINUTE),
    ]);
    rig.clock.advance(MINUTE);
    await dispatch.sendDue();
    expect(rig.sink.mails).toHaveLength(0);
    rig.clock.advance(MINUTE);
    await dispatch.sendDue();
    expect(rig.sink.mails).toHaveLength(1);
  }, 60_000);

  it('leaves a delivery to a notifier that is still sending it, however slow the receiver is', async () => {
    await refused();
    rig.clock.advance(MINUTE);
    const claim = (claimant: string) =>
      claimDeliveries(rig.database, { claimant, now: rig.clock.now(), leaseMs: 2 * MINUTE, limit: 5 });
    expect(await claim('slow')).toHaveLength(1);
    rig.clock.advance(119 * SECOND);
    await renewClaims(rig.database, { claimant: 'slow', now: rig.clock.now(), leaseMs: 2 * MINUTE });
    rig.clock.advance(MINUTE);
    expect(await claim('other')).toEqual([]);
    rig.clock.advance(MINUTE);
    expect(await claim('other')).toHaveLength(1);
  }, 60_000);
});

describe('without a channel', () => {
  it('keeps the incident and what was decided about it', async () => {
    const { dispatch } = await rig.notifier([]);
    await rig.alert('sle', await rig.site('Alpha'));
    await dispatch.sendDue();
    rig.clock.advance(30 * SECOND);
    await dispatch.sendDue();
    expect(await rig.database.query('select title, severity, step, notified_at is not null as notified from incident')).toEqual([
      { title: 'Alpha: service levels critical', severity: 'critical', step: 1, notified: true },
    ]);
    expect(await rig.deliveries()).toEqual([]);
  }, 60_000);
});
