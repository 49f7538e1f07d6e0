import { addSilence } from '@app/shared';
import type { DispatchService } from './dispatch/dispatch.service.js';
import { MINUTE, Rig, SECOND } from './rig.spec-support.js';

let rig: Rig;
let dispatch: DispatchService;
beforeEach(async () => {
  rig = await Rig.start();
}, 60_000);
afterEach(() => rig.stop(), 30_000);

const HOUR = 60 * MINUTE;
const begin = async (more: Readonly<Record<string, unknown>>): Promise<void> => {
  ({ dispatch } = await rig.notifier(['noc@example.com'], more));
};
/** Sites go down one after the other, each an incident of its own. */
async function fall(names: readonly string[], everyMs = 6 * MINUTE): Promise<number[]> {
  const alerts: number[] = [];
  for (const name of names) {
    alerts.push(await rig.alert('site-down', await rig.site(name)));
    await rig.pass(dispatch, everyMs);
  }
  return alerts;
}
const statuses = async (): Promise<Record<string, number>> => {
  const rows = await rig.database.query<{ status: string; count: number }>(
    'select status, count(*)::int as count from delivery group by status order by status',
  );
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
};
const lastText = (): string => rig.sink.mails.at(-1)?.text ?? '';

/** For two hours from now. */
async function silenceSite(name: string): Promise<void> {
  const now = rig.clock.now();
  const rows = await rig.database.query<{ id: string }>(`select external_id as id from site where name = $1`, [name]);
  const fields = {
    matcher: { sites: rows.map(({ id }) => id) },
    reason: 'Known',
    owner: 'desk',
    from: now,
    to: now + 2 * HOUR,
  };
  await addSilence(rig.database, rig.orgId, fields, { at: new Date(now), actor: 'key:1' });
}

describe('the ceiling of a destination', () => {
  const LIMITED = { limits: { perDestinationPerHour: 3 } };

  it('turns what is too much into one digest as soon as there is room, with nothing lost', async () => {
    await begin(LIMITED);
    await fall(['A', 'B', 'C', 'D', 'E', 'F', 'G']);
    expect(rig.news()).toEqual(['A', 'B', 'C'].map((name) => `noc@example.com [CRITICAL] ${name}: site down`));
    expect(await statuses()).toEqual({ sent: 3, digest: 4 });
    await rig.pass(dispatch, 30 * MINUTE);
    const news = rig.news();
    expect(news).toEqual(['noc@example.com [CRITICAL] Digest of 4 incidents: 4 open']);
    for (const name of ['D', 'E', 'F', 'G']) expect(lastText()).toContain(`${name}: site down`);
    expect(await statuses()).toEqual({ sent: 4, digested: 4 });
  }, 60_000);

  it('holds over restarts and for two notifiers at once', async () => {
    await begin(LIMITED);
    await fall(['A', 'B']);
    const others = await Promise.all([rig.notifier(['noc@example.com'], LIMITED), rig.notifier(['noc@example.com'], LIMITED)]);
    for (const name of ['C', 'D', 'E']) await rig.alert('failover', await rig.site(name));
    rig.clock.advance(6 * MINUTE);
    await dispatch.sendDue();
    rig.clock.advance(MINUTE);
    await Promise.all(others.map((other) => other.dispatch.sendDue()));
    expect(rig.news()).toHaveLength(3);
    expect(await statuses()).toEqual({ sent: 3, digest: 2 });
    rig.clock.advance(HOUR);
    await Promise.all(others.map((other) => other.dispatch.sendDue()));
    expect(rig.news().filter((line) => line.includes('Digest of 2 incidents'))).toHaveLength(1);
  }, 60_000);

  it('tells in the digest what is over by then, and then no recovery of its own', async () => {
    await begin(LIMITED);
    const alerts = await fall(['A', 'B', 'C', 'D', 'E']);
    await rig.change(alerts[3] ?? 0, { status: 'resolved' });
    await rig.pass(dispatch, MINUTE);
    rig.news();
    await rig.pass(dispatch, HOUR);
    expect(rig.news()).toEqual(['noc@example.com [CRITICAL] Digest of 2 incidents: 1 open, 1 over']);
    expect(lastText().indexOf('D: site down')).toBeGreaterThan(0);
    expect(await statuses()).toEqual({ sent: 4, digested: 3 });
    await rig.change(alerts[4] ?? 0, { status: 'resolved' });
    await rig.pass(dispatch, MINUTE);
    expect(rig.news()).toEqual(['noc@example.com [RECOVERED] E: site down']);
  }, 60_000);

  it('keeps out of the digest what is silenced although it is over by then', async () => {
    await begin(LIMITED);
    const alerts = await fall(['A', 'B', 'C', 'D', 'E']);
    await rig.change(alerts[3] ?? 0, { status: 'resolved' });
    await rig.pass(dispatch, MINUTE);
    rig.news();
    await silenceSite('D');
    await rig.pass(dispatch, HOUR);
    expect(rig.news()).toEqual(['noc@example.com [CRITICAL] Digest of 1 incident: 1 open']);
    expect(lastText()).not.toContain('D: site down');
    expect(await statuses()).toEqual({ sent: 4, digested: 1, withheld: 2 });
  }, 60_000);

  it('keeps out of the digest what was silenced meanwhile, and tells it afterwards', async () => {
    await begin(LIMITED);
    await fall(['A', 'B', 'C', 'D']);
    rig.news();
    await silenceSite('D');
    await rig.pass(dispatch, 119 * MINUTE);
    expect(rig.news()).toEqual([]);
    await rig.pass(dispatch, 2 * MINUTE);
    expect(rig.news()).toEqual(['noc@example.com [CRITICAL] D: site down']);
  }, 60_000);
});

describe('a daily digest', () => {
  const POLICY = {
    id: 'calm',
    steps: [{ to: ['everybody'], repeatMinutes: 120 }],
    digest: { at: '08:00', timezone: 'Europe/Berlin', below: 'critical' },
  };

  it('tells all milder incidents since the last one in one mail, and critical ones at once', async () => {
    await begin({ policies: [POLICY] });
    const alpha = await rig.site('Alpha');
    const slow = await rig.alert('failover', alpha, { severity: 'major', details: { circuitName: 'main', backupName: 'spare' } });
    await rig.alert('failover', await rig.site('Beta'), {
      severity: 'major',
      details: { circuitName: 'main', backupName: 'spare' },
    });
    await rig.pass(dispatch, 2 * HOUR, 10 * MINUTE);
    await rig.change(slow, { status: 'resolved' });
    await rig.alert('site-down', await rig.site('Gamma'));
    await rig.pass(dispatch, HOUR, MINUTE);
    expect(rig.news()).toEqual(['noc@example.com [CRITICAL] Gamma: site down']);
    rig.clock.set(Date.parse('2026-03-03T07:59:00+01:00'));
    await dispatch.sendDue();
    rig.news();
    rig.clock.set(Date.parse('2026-03-03T08:00:00+01:00'));
    await dispatch.sendDue();
    expect(rig.news()).toEqual(['noc@example.com [MAJOR] Digest of 2 incidents: 1 open, 1 over']);
    expect(lastText()).toContain('Alpha: failed over to spare');
    expect(lastText()).toContain('Beta: failed over to spare');
    expect((await statuses())['digest']).toBeUndefined();
  }, 60_000);

  const slowLink = async (name: string): Promise<number> =>
    rig.alert('failover', await rig.site(name), { severity: 'major', details: { circuitName: 'main', backupName: 'spare' } });

  it('waits for the morning of a working day, also with what is over by then', async () => {
    const workingHours = {
      timezone: 'Europe/Berlin',
      days: ['mo', 'tu', 'we', 'th', 'fr'],
      from: '08:00',
      to: '18:00',
      below: 'critical',
    };
    await begin({ policies: [{ ...POLICY, workingHours }] });
    rig.clock.set(Date.parse('2026-03-06T15:00:00+01:00'));
    const slow = await slowLink('Alpha');
    await slowLink('Beta');
    await rig.pass(dispatch, HOUR, 10 * MINUTE);
    await rig.change(slow, { status: 'resolved' });
    await rig.pass(dispatch, 63 * HOUR, HOUR);
    expect(rig.news()).toEqual([]);
    rig.clock.set(Date.parse('2026-03-09T08:00:00+01:00'));
    await dispatch.sendDue();
    expect(rig.news()).toEqual(['noc@example.com [MAJOR] Digest of 2 incidents: 1 open, 1 over']);
  }, 60_000);

  it('leaves out what is silenced and over, however often it was to be repeated', async () => {
    await begin({ policies: [POLICY] });
    const slow = await slowLink('Alpha');
    await rig.pass(dispatch, 5 * HOUR, 30 * MINUTE);
    await rig.change(slow, { status: 'resolved' });
    await dispatch.sendDue();
    expect((await statuses())['digest']).toBeGreaterThan(1);
    rig.clock.set(Date.parse('2026-03-03T07:59:00+01:00'));
    await silenceSite('Alpha');
    await rig.pass(dispatch, 3 * HOUR, 30 * MINUTE);
    expect(rig.news()).toEqual([]);
    expect(Object.keys(await statuses())).toEqual(['withheld']);
  }, 60_000);
});

describe('a notifier that dies', () => {
  it('between any two stages loses nothing and tells nothing twice', async () => {
    await begin({
      policies: [
        { id: 'two', steps: [{ to: ['email:first@example.com'] }, { afterMinutes: 10, to: ['email:second@example.com'] }] },
      ],
    });
    await rig.alert('site-down', await rig.site('Alpha'));
    await dispatch.sendDue();
    rig.clock.advance(30 * SECOND);
    // Killed after the claim of the delivery: another takes it over when the claim ends.
    await rig.notifier(['noc@example.com']);
    rig.sink.setFault('451');
    await dispatch.sendDue();
    await rig.database.query(`update delivery set claimed_by = 'a notifier that died', claimed_until = $1`, [
      new Date(rig.clock.now() + 120 * SECOND),
    ]);
    rig.sink.setFault(null);
    await rig.pass(dispatch, 9 * MINUTE, 10 * SECOND);
    // Killed after the outbox was taken: the rows come again.
    await rig.deliverOutboxAgain();
    await rig.pass(dispatch, 5 * MINUTE, 10 * SECOND);
    expect(rig.news()).toEqual([
      'first@example.com [CRITICAL] Alpha: site down',
      'second@example.com [CRITICAL] Alpha: site down',
    ]);
  }, 60_000);
});
