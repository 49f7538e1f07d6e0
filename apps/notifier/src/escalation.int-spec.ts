import { acknowledgeIncident, addRotaOverride, cancelRotaOverride } from '@app/shared';
import type { DispatchService } from './dispatch/dispatch.service.js';
import { MINUTE, Rig, SECOND, START } from './rig.spec-support.js';

let rig: Rig;
let dispatch: DispatchService;
let site: number;
beforeEach(async () => {
  rig = await Rig.start();
  site = await rig.site('Alpha');
}, 60_000);
afterEach(() => rig.stop(), 30_000);

const HOUR = 60 * MINUTE;
const FIRST = 'email:first@example.com';
const SECOND_LINE = 'email:second@example.com';
const PATIENT = {
  id: 'sites',
  match: { rules: ['site-down', 'sle'] },
  steps: [
    { to: [FIRST], repeatMinutes: 20, repeats: 1 },
    { afterMinutes: 30, to: [SECOND_LINE], repeats: 0 },
  ],
  ackTimeoutMinutes: 120,
};

const begin = async (policies: readonly object[], more: Readonly<Record<string, unknown>> = {}): Promise<void> => {
  ({ dispatch } = await rig.notifier(['noc@example.com'], { policies, ...more }));
};
const incidentId = async (): Promise<number> =>
  (await rig.database.query<{ id: number }>('select id from incident order by id'))[0]?.id ?? 0;
const acknowledge = async (by: string): Promise<string> =>
  acknowledgeIncident(
    rig.database,
    rig.orgId,
    { incidentId: await incidentId(), by, until: null, note: null },
    { at: new Date(rig.clock.now()), actor: 'key:1' },
  );

const CRITICAL = '[CRITICAL] Alpha: site down';
const RECOVERED = '[RECOVERED] Alpha: site down';

describe('escalation', () => {
  it('tells the next step when nobody took it, repeats as often as the step says, and tells the end to all who were told', async () => {
    await begin([PATIENT]);
    const alert = await rig.alert('site-down', site);
    await rig.pass(dispatch, 29 * MINUTE, 10 * SECOND);
    expect(rig.news()).toEqual([`first@example.com ${CRITICAL}`, `first@example.com ${CRITICAL}`]);
    await rig.pass(dispatch, 12 * HOUR);
    expect(rig.news()).toEqual([`second@example.com ${CRITICAL}`]);
    await rig.change(alert, { status: 'resolved' });
    await rig.pass(dispatch, MINUTE);
    expect(rig.news()).toEqual([`first@example.com ${RECOVERED}`, `second@example.com ${RECOVERED}`]);
    expect(await rig.reasons()).toEqual(['within-group-wait', 'opened', 'repeat', 'escalated', 'recovered']);
  }, 60_000);

  it('tells nobody of the later steps when it is over before their time, not even of the end', async () => {
    await begin([PATIENT]);
    const alert = await rig.alert('site-down', site);
    await rig.pass(dispatch, 5 * MINUTE);
    await rig.change(alert, { status: 'resolved' });
    await rig.pass(dispatch, 2 * HOUR);
    expect(rig.news()).toEqual([`first@example.com ${CRITICAL}`, `first@example.com ${RECOVERED}`]);
  }, 60_000);

  it('stops when somebody takes it, and begins again when the acknowledgement expires', async () => {
    await begin([PATIENT]);
    const alert = await rig.alert('site-down', site);
    await rig.pass(dispatch, 5 * MINUTE);
    expect(rig.news()).toHaveLength(1);
    expect(await acknowledge('Example Person')).toBe('acknowledged');
    expect(await acknowledge('Example Person')).toBe('already');
    await rig.pass(dispatch, 119 * MINUTE);
    expect(rig.news()).toEqual([]);
    expect(await rig.database.query('select status from alert')).toEqual([{ status: 'acknowledged' }]);
    await rig.pass(dispatch, 2 * MINUTE);
    expect(rig.news()).toEqual([`first@example.com ${CRITICAL}`]);
    expect(await rig.database.query('select status from alert')).toEqual([{ status: 'firing' }]);
    await rig.pass(dispatch, 31 * MINUTE);
    expect(rig.news()).toEqual([`first@example.com ${CRITICAL}`, `second@example.com ${CRITICAL}`]);
    await rig.change(alert, { status: 'resolved' });
    await rig.pass(dispatch, MINUTE);
    expect(await acknowledge('Example Person')).toBe('over');
    expect(await rig.reasons()).toContain('acknowledgement-expired');
  }, 60_000);

  it('begins again with a higher severity although somebody had taken it, by the policy that fits then', async () => {
    const worse = { id: 'worst', match: { severities: ['critical'] }, steps: [{ to: [SECOND_LINE] }] };
    await begin([worse, PATIENT]);
    const alert = await rig.alert('sle', site, { severity: 'major' });
    await rig.pass(dispatch, MINUTE);
    await acknowledge('Example Person');
    await rig.pass(dispatch, 10 * MINUTE);
    expect(rig.news()).toEqual(['first@example.com [MAJOR] Alpha: service levels degraded']);
    await rig.change(alert, { severity: 'critical' });
    await rig.pass(dispatch, MINUTE);
    expect(rig.news()).toEqual(['second@example.com [CRITICAL] Alpha: service levels critical']);
  }, 60_000);

  it('waits for a first step that is not at once', async () => {
    await begin([{ id: 'late', steps: [{ afterMinutes: 15, to: [FIRST] }] }]);
    const alert = await rig.alert('site-down', site);
    await rig.pass(dispatch, 15 * MINUTE);
    expect(rig.news()).toEqual([]);
    await rig.pass(dispatch, MINUTE);
    expect(rig.news()).toEqual([`first@example.com ${CRITICAL}`]);
    await rig.change(alert, { status: 'resolved' });
    await rig.pass(dispatch, MINUTE);
    expect(rig.news()).toEqual([`first@example.com ${RECOVERED}`]);
  }, 60_000);

  it('tells everybody where no policy fits', async () => {
    await begin([{ ...PATIENT, match: { rules: ['failover'] } }]);
    await rig.alert('site-down', site);
    await rig.pass(dispatch, MINUTE);
    expect(rig.news()).toEqual([`noc@example.com ${CRITICAL}`]);
  }, 60_000);

  it('tells each step once although two notifiers run and everything comes twice', async () => {
    await begin([PATIENT]);
    const other = await rig.notifier(['noc@example.com'], { policies: [PATIENT] });
    await rig.alert('site-down', site);
    for (let minute = 0; minute < 100; minute++) {
      await rig.deliverOutboxAgain();
      await Promise.all([dispatch.sendDue(), other.dispatch.sendDue(), dispatch.drain('org-1')]);
      rig.clock.advance(MINUTE);
    }
    expect(rig.news()).toEqual([
      `first@example.com ${CRITICAL}`,
      `first@example.com ${CRITICAL}`,
      `second@example.com ${CRITICAL}`,
    ]);
  }, 60_000);
});

describe('on call', () => {
  const ROTAS = {
    people: { anna: [FIRST], bo: [SECOND_LINE] },
    rotas: [{ id: 'network', timezone: 'Europe/Berlin', from: '2026-01-05T09:00', turnDays: 1, members: ['anna', 'bo'] }],
  };
  const POLICY = { id: 'on-call', steps: [{ to: ['rota:network'], repeatMinutes: 60 }] };

  it('tells who has the turn when a step is due, at the hour of the zone all through a year', async () => {
    await begin([POLICY], ROTAS);
    const told: string[] = [];
    // Around both changes of the clocks: 29 March and 25 October.
    for (const day of ['2026-03-28', '2026-03-29', '2026-10-24', '2026-10-25']) {
      for (const time of ['08:58', '09:01']) {
        const offset = time.startsWith('0') && (day === '2026-03-28' || day === '2026-10-25') ? '+01:00' : '+02:00';
        rig.clock.set(Date.parse(`${day}T${time}:00${offset}`));
        const alert = await rig.alert('site-down', site);
        await rig.pass(dispatch, MINUTE, 30 * SECOND);
        told.push(...rig.news().map((line) => line.split('@')[0] ?? ''));
        await rig.change(alert, { status: 'resolved' });
        await rig.pass(dispatch, SECOND);
        rig.news();
      }
    }
    const turnOn = (day: string): string =>
      ((Date.parse(day) - Date.parse('2026-01-05')) / 86_400_000) % 2 === 0 ? 'first' : 'second';
    const dayBefore = (day: string): string => new Date(Date.parse(day) - 86_400_000).toISOString().slice(0, 10);
    const expected = ['2026-03-28', '2026-03-29', '2026-10-24', '2026-10-25'].flatMap((day) => [
      turnOn(dayBefore(day)),
      turnOn(day),
    ]);
    expect(told).toEqual(expected);
  }, 120_000);

  it('gives a stretch to somebody else, and back', async () => {
    await begin([POLICY], ROTAS);
    const change = { at: new Date(rig.clock.now()), actor: 'key:1' };
    const span = { from: START - HOUR, to: START + HOUR, rota: 'network', reason: null };
    const id = await addRotaOverride(rig.database, rig.orgId, { ...span, member: 'email:stand-in@example.com' }, change);
    await rig.alert('site-down', site);
    await rig.pass(dispatch, MINUTE);
    expect(rig.news()).toEqual([`stand-in@example.com ${CRITICAL}`]);
    await cancelRotaOverride(rig.database, rig.orgId, id, change);
    await rig.pass(dispatch, HOUR);
    expect(rig.news()).toEqual([`first@example.com ${CRITICAL}`]);
  }, 60_000);

  it('sends a notice that waited for the mail server to the one who is on call by then', async () => {
    await begin([{ ...POLICY, steps: [{ to: ['rota:network'], repeats: 0 }] }], ROTAS);
    rig.clock.set(Date.parse('2026-03-02T08:55:00+01:00'));
    rig.sink.setFault('refuse');
    await rig.alert('site-down', site);
    await rig.pass(dispatch, 4 * MINUTE);
    rig.clock.set(Date.parse('2026-03-02T09:00:00+01:00'));
    rig.sink.setFault(null);
    await rig.pass(dispatch, 30 * MINUTE);
    expect(rig.news()).toEqual([`first@example.com ${CRITICAL}`]);
    expect(await rig.reasons()).toEqual(['within-group-wait', 'opened', 'turn-passed']);
  }, 60_000);

  it('tells everybody when the rota has not begun', async () => {
    await begin([POLICY], { ...ROTAS, rotas: [{ ...ROTAS.rotas[0], from: '2027-01-05T09:00' }] });
    await rig.alert('site-down', site);
    await rig.pass(dispatch, MINUTE);
    expect(rig.news()).toEqual([`noc@example.com ${CRITICAL}`]);
  }, 60_000);
});
