import {
  acknowledgeIncident,
  addSilence,
  cancelMaintenance,
  createMaintenance,
  endSilence,
  type MaintenanceFields,
  type SilenceFields,
} from '@app/shared';
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
const CRITICAL = 'noc@example.com [CRITICAL] Alpha: site down';
const RECOVERED = 'noc@example.com [RECOVERED] Alpha: site down';
const begin = async (more: Readonly<Record<string, unknown>> = {}): Promise<void> => {
  ({ dispatch } = await rig.notifier(['noc@example.com'], more));
};
const change = () => ({ at: new Date(rig.clock.now()), actor: 'key:1' });
const silence = (more: Partial<SilenceFields> = {}): Promise<number> => {
  const now = rig.clock.now();
  const fields = { matcher: {}, reason: 'Known', owner: 'network team', from: now, to: now + 2 * HOUR, ...more };
  return addSilence(rig.database, rig.orgId, fields, change());
};
const maintain = (more: Partial<MaintenanceFields> = {}): Promise<number> => {
  const now = rig.clock.now();
  const scope = { scope: 'org', region: null, provider: null, siteId: null, circuitId: null } as const;
  const fields = {
    name: 'work',
    reason: null,
    owner: 'network team',
    ...scope,
    from: now,
    to: now + HOUR,
    rrule: null,
    timezone: null,
  };
  return createMaintenance(rig.database, rig.orgId, { ...fields, ...more }, change());
};
const suppressedBy = async (): Promise<(string | null)[]> =>
  (await rig.database.query<{ by: string | null }>('select suppressed_by as by from alert order by id')).map(({ by }) => by);
const circuit = async (mac: string): Promise<number> => {
  const [row] = await rig.database.query<{ id: number }>(
    `insert into circuit (org_id, mac, port_id, site_id, is_live) values ($1, $2, 'ge-0/0/0', $3, true) returning id`,
    [rig.orgId, mac, site],
  );
  return row?.id ?? 0;
};

describe('a silence', () => {
  it('keeps a new alert back, says so, and what is still true at its end is told then', async () => {
    await begin();
    const id = await silence({ matcher: { rules: ['site-down'] } });
    await rig.alert('site-down', site);
    await rig.pass(dispatch, 119 * MINUTE);
    expect(rig.news()).toEqual([]);
    expect(await suppressedBy()).toEqual([`silence:${id}`]);
    await rig.pass(dispatch, 2 * MINUTE);
    expect(rig.news()).toEqual([CRITICAL]);
    expect(await suppressedBy()).toEqual([null]);
    expect(await rig.reasons()).toEqual(['silenced', 'opened']);
  }, 60_000);

  it('ends what was told before only for its time: it comes back once, or its end is told', async () => {
    await begin();
    const alert = await rig.alert('site-down', site);
    await rig.pass(dispatch, MINUTE);
    await silence({ to: rig.clock.now() + 10 * HOUR });
    await rig.pass(dispatch, 9 * HOUR, 10 * MINUTE);
    expect(rig.news()).toEqual([CRITICAL]);
    await rig.pass(dispatch, 2 * HOUR, 10 * MINUTE);
    expect(rig.news()).toEqual([CRITICAL]);
    await silence();
    await rig.change(alert, { status: 'resolved' });
    await rig.pass(dispatch, 3 * HOUR, 10 * MINUTE);
    expect(rig.news()).toEqual([RECOVERED]);
    expect(await rig.reasons()).toEqual(['within-group-wait', 'opened', 'silenced', 'returned', 'recovered']);
  }, 60_000);

  it('that nobody was told before says nothing of what is over at its end', async () => {
    await begin();
    await silence();
    const alert = await rig.alert('site-down', site);
    await rig.pass(dispatch, HOUR, 10 * MINUTE);
    await rig.change(alert, { status: 'resolved' });
    await rig.pass(dispatch, 2 * HOUR, 10 * MINUTE);
    expect(rig.news()).toEqual([]);
  }, 60_000);

  it('ended early by somebody brings back at once what is still true, unless it was taken meanwhile', async () => {
    await begin();
    const first = await silence();
    await rig.alert('site-down', site);
    await rig.pass(dispatch, 10 * MINUTE);
    expect(await endSilence(rig.database, rig.orgId, first, change())).toBe(true);
    expect(await endSilence(rig.database, rig.orgId, first, change())).toBe(false);
    await rig.pass(dispatch, MINUTE);
    expect(rig.news()).toEqual([CRITICAL]);
    const second = await silence();
    await rig.pass(dispatch, MINUTE);
    const request = { incidentId: 1, by: 'Example Person', until: null, note: 'on it' };
    await acknowledgeIncident(rig.database, rig.orgId, request, change());
    await endSilence(rig.database, rig.orgId, second, change());
    await rig.pass(dispatch, 10 * HOUR, HOUR);
    expect(rig.news()).toEqual([]);
  }, 60_000);

  it('holds for what it matches only: the rest of an incident is told', async () => {
    await begin();
    const { id } = (await rig.database.query<{ id: string }>('select external_id as id from site'))[0] ?? { id: '' };
    const other = await rig.site('Beta');
    await silence({ matcher: { sites: [id], severities: ['major'] } });
    await rig.alert('sle', site);
    await rig.alert('sle', other);
    await rig.pass(dispatch, HOUR);
    expect(rig.news()).toEqual(['noc@example.com [CRITICAL] Beta: service levels critical']);
    await rig.pass(dispatch, 2 * HOUR);
    expect(rig.news()).toEqual(['noc@example.com [CRITICAL] 2 sites: service levels critical']);
  }, 60_000);

  it('of a part of an incident that was told brings that part back at its end', async () => {
    await begin();
    const { id } = (await rig.database.query<{ id: string }>('select external_id as id from site'))[0] ?? { id: '' };
    await rig.alert('sle', site);
    await rig.alert('sle', await rig.site('Beta'));
    await rig.pass(dispatch, MINUTE);
    expect(rig.news()).toHaveLength(1);
    await silence({ matcher: { sites: [id] } });
    await rig.pass(dispatch, 119 * MINUTE, 10 * MINUTE);
    expect(rig.news()).toEqual([]);
    await rig.pass(dispatch, 10 * MINUTE);
    expect(rig.news()).toEqual(['noc@example.com [CRITICAL] 2 sites: service levels critical']);
    await rig.pass(dispatch, HOUR, 10 * MINUTE);
    expect(rig.news()).toEqual([]);
  }, 60_000);

  it('keeps a notice back that was decided before and waits for the mail server', async () => {
    await begin();
    rig.sink.setFault('refuse');
    await rig.alert('site-down', site);
    await rig.pass(dispatch, 2 * MINUTE);
    await silence();
    rig.sink.setFault(null);
    await rig.pass(dispatch, 119 * MINUTE);
    expect(rig.news()).toEqual([]);
    expect((await rig.deliveries()).map(({ status }) => status)).toEqual(['withheld']);
    await rig.pass(dispatch, 2 * MINUTE);
    expect(rig.news()).toEqual([CRITICAL]);
  }, 60_000);

  it('that begins later brings back at its end what was told before it', async () => {
    await begin();
    const now = rig.clock.now();
    await silence({ from: now + 30 * MINUTE, to: now + 90 * MINUTE });
    await rig.alert('site-down', site);
    await rig.pass(dispatch, 89 * MINUTE);
    expect(rig.news()).toEqual([CRITICAL]);
    expect(await suppressedBy()).toEqual(['silence:1']);
    await rig.pass(dispatch, 2 * MINUTE);
    expect(rig.news()).toEqual([CRITICAL]);
    expect(await rig.reasons()).toEqual(['within-group-wait', 'opened', 'silenced', 'returned']);
  }, 60_000);

  it('keeps a notice back that waits for the mail server when its incident is over, and its recovery with it', async () => {
    await begin();
    rig.sink.setFault('refuse');
    const alert = await rig.alert('site-down', site);
    await rig.pass(dispatch, 2 * MINUTE);
    await rig.change(alert, { status: 'resolved' });
    await rig.pass(dispatch, 2 * MINUTE);
    await silence();
    rig.sink.setFault(null);
    await rig.pass(dispatch, 3 * HOUR, 10 * MINUTE);
    expect(rig.news()).toEqual([]);
    expect((await rig.deliveries()).map(({ status, withheldReason }) => [status, withheldReason])).toEqual([
      ['withheld', 'silenced'],
      ['withheld', 'nothing-was-told'],
    ]);
  }, 60_000);

  it('leaves no recovery to those who never heard of it', async () => {
    await begin();
    rig.sink.setFault('refuse');
    const alert = await rig.alert('site-down', site);
    await rig.pass(dispatch, 2 * MINUTE);
    await silence();
    rig.sink.setFault(null);
    await rig.pass(dispatch, 10 * MINUTE);
    await rig.change(alert, { status: 'resolved' });
    await rig.pass(dispatch, 3 * HOUR, 10 * MINUTE);
    expect(rig.news()).toEqual([]);
  }, 60_000);
});

describe('maintenance', () => {
  it('that comes again keeps alerts back at its hour of the zone, before and after both changes of the clocks', async () => {
    await begin();
    const from = Date.parse('2026-01-04T02:00:00+01:00');
    const id = await maintain({ from, to: from + 2 * HOUR, rrule: 'FREQ=WEEKLY;BYDAY=SU', timezone: 'Europe/Berlin' });
    const heard: string[] = [];
    for (const start of [
      '2026-03-22T03:00:00+01:00',
      '2026-04-05T03:00:00+02:00',
      '2026-10-18T03:00:00+02:00',
      '2026-11-01T03:00:00+01:00',
    ]) {
      rig.clock.set(Date.parse(start));
      const alert = await rig.alert('site-down', site);
      await rig.pass(dispatch, 59 * MINUTE, 10 * MINUTE);
      expect(rig.news()).toEqual([]);
      expect((await suppressedBy()).at(-1)).toBe(`maintenance:${id}`);
      await rig.pass(dispatch, 2 * MINUTE);
      heard.push(...rig.news());
      await rig.change(alert, { status: 'resolved' });
      await rig.pass(dispatch, MINUTE);
      rig.news();
    }
    expect(heard).toEqual([CRITICAL, CRITICAL, CRITICAL, CRITICAL]);
  }, 120_000);

  it('of one circuit keeps its alert back, and that of the site once none of its circuits is free of it', async () => {
    await begin();
    const [one, two] = [await circuit('5c5b35000001'), await circuit('5c5b35000002')];
    await maintain({ scope: 'circuit', circuitId: one });
    const down = (circuitId: number) =>
      rig.alert('circuit-down', site, {
        subject: `circuit:${circuitId}`,
        severity: 'major',
        circuitId,
        details: { circuitName: `c${circuitId}` },
      });
    await down(one);
    await rig.pass(dispatch, 5 * MINUTE);
    expect(rig.news()).toEqual([]);
    const second = await maintain({ scope: 'circuit', circuitId: two });
    await rig.alert('site-down', site);
    await rig.pass(dispatch, 5 * MINUTE);
    expect(rig.news()).toEqual([]);
    await cancelMaintenance(rig.database, rig.orgId, second, change());
    await rig.pass(dispatch, MINUTE);
    expect(rig.news()).toEqual([CRITICAL]);
    expect(await suppressedBy()).toEqual(['alert:2', null]);
  }, 60_000);

  it('of a region or a site keeps back all that is there, also its service levels', async () => {
    await begin();
    await rig.database.query(
      `insert into site_attribute (org_id, site_id, source, since, region) values ($1, $2, 'mist', '-infinity', 'North')`,
      [rig.orgId, site],
    );
    await maintain({ scope: 'region', region: 'North' });
    await rig.alert('sle', site);
    await rig.alert('sle', await rig.site('Beta'));
    await rig.pass(dispatch, 5 * MINUTE);
    expect(rig.news()).toEqual(['noc@example.com [CRITICAL] Beta: service levels critical']);
  }, 60_000);
});
