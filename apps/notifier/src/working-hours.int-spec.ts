import type { DispatchService } from './dispatch/dispatch.service.js';
import { MINUTE, Rig } from './rig.spec-support.js';

let rig: Rig;
let dispatch: DispatchService;
let site: number;
beforeEach(async () => {
  rig = await Rig.start();
  site = await rig.site('Alpha');
}, 60_000);
afterEach(() => rig.stop(), 30_000);

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const begin = async (more: Readonly<Record<string, unknown>> = {}): Promise<void> => {
  ({ dispatch } = await rig.notifier(['noc@example.com'], more));
};

describe('working hours', () => {
  const POLICY = {
    id: 'office',
    match: { rules: ['sle', 'site-down'] },
    steps: [{ to: ['everybody'], repeatMinutes: 60 }],
    workingHours: { timezone: 'Europe/Berlin', from: '08:00', to: '18:00', below: 'critical' },
  };
  const MAJOR = 'noc@example.com [MAJOR] Alpha: service levels degraded';

  it('let milder incidents wait for the morning, over a weekend and a change of the clocks', async () => {
    await begin({ policies: [POLICY] });
    // Friday evening before the clocks go forward.
    rig.clock.set(Date.parse('2026-03-27T18:00:00+01:00'));
    await rig.alert('sle', site, { severity: 'major' });
    await rig.pass(dispatch, 2 * DAY, 30 * MINUTE);
    rig.clock.set(Date.parse('2026-03-30T07:59:00+02:00'));
    await dispatch.sendDue();
    expect(rig.news()).toEqual([]);
    rig.clock.set(Date.parse('2026-03-30T08:00:00+02:00'));
    await dispatch.sendDue();
    expect(rig.news()).toEqual([MAJOR]);
    expect(await rig.reasons()).toEqual(['within-group-wait', 'outside-working-hours', 'opened']);
  }, 60_000);

  it('let nobody be woken by what the mail server kept until it was over', async () => {
    await begin({ policies: [POLICY] });
    rig.clock.set(Date.parse('2026-03-02T17:30:00+01:00'));
    rig.sink.setFault('refuse');
    const alert = await rig.alert('sle', site, { severity: 'major' });
    await rig.pass(dispatch, 2 * MINUTE);
    await rig.change(alert, { status: 'resolved' });
    rig.clock.set(Date.parse('2026-03-02T18:10:00+01:00'));
    rig.sink.setFault(null);
    await rig.pass(dispatch, 15 * HOUR, HOUR);
    expect(rig.news()).toEqual([]);
    expect((await rig.deliveries()).map(({ withheldReason }) => withheldReason)).toEqual([
      'outside-working-hours',
      'nothing-was-told',
    ]);
  }, 60_000);

  it('do not keep a critical one, and stop the repeats of a milder one at night', async () => {
    await begin({ policies: [POLICY] });
    rig.clock.set(Date.parse('2026-03-02T17:30:00+01:00'));
    const alert = await rig.alert('sle', site, { severity: 'major' });
    await rig.pass(dispatch, 6 * HOUR, 10 * MINUTE);
    expect(rig.news()).toEqual([MAJOR]);
    await rig.change(alert, { severity: 'critical' });
    await dispatch.sendDue();
    expect(rig.news()).toEqual(['noc@example.com [CRITICAL] Alpha: service levels critical']);
  }, 60_000);
});
