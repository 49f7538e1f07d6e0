import { createMaintenance } from '@app/shared';
import type { DispatchService } from './dispatch/dispatch.service.js';
import { MINUTE, Rig } from './rig.spec-support.js';

// A year of the simulated clock through the real notifier, in two zones whose clocks change in opposite directions.

const DAY = 24 * 60 * MINUTE;
const ZONES = [
  { zone: 'Europe/Berlin', name: 'North', handover: '09:00' },
  { zone: 'Australia/Sydney', name: 'South', handover: '18:00' },
] as const;

let rig: Rig;
let dispatch: DispatchService;
beforeEach(async () => {
  rig = await Rig.start();
}, 60_000);
afterEach(() => rig.stop(), 30_000);

/** Weekday (0 = Monday), minute of the day, and weeks since Monday 5 January 2026 on the clocks of a zone. */
function clockIn(timeZone: string): (at: number) => { weekday: number; minute: number; day: number } {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  return (at) => {
    const shown = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => shown.get(type) ?? 0;
    const day = (Date.UTC(part('year'), part('month') - 1, part('day')) - Date.UTC(2026, 0, 5)) / DAY;
    return { day, weekday: day % 7, minute: part('hour') * 60 + part('minute') };
  };
}

it('tells who is on call, week by week, on the day of the handover', async () => {
  const policies = ZONES.map(({ name }) => ({
    id: name.toLowerCase(),
    match: { regions: [name] },
    steps: [{ to: [`rota:${name.toLowerCase()}`], repeatMinutes: 7 * 24 * 60 }],
  }));
  const rotas = ZONES.map(({ zone, name, handover }) => ({
    id: name.toLowerCase(),
    timezone: zone,
    from: `2026-01-05T${handover}`,
    turnDays: 7,
    members: ['a', 'b', 'c'].map((who) => `email:${name.toLowerCase()}-${who}@example.com`),
  }));
  ({ dispatch } = await rig.notifier(['noc@example.com'], { policies, rotas, limits: { perDestinationPerHour: 1000 } }));
  // Half past seven UTC is before both handovers in the winter of a zone, and after them in its summer.
  const start = Date.UTC(2026, 0, 12, 7, 30);
  rig.clock.set(start - MINUTE);
  for (const { name } of ZONES) await rig.alert('site-down', await rig.site(`Store ${name}`, name));
  await dispatch.sendDue();
  const told: string[] = [];
  const expected: string[] = [];
  for (let week = 0; week < 52; week += 1) {
    rig.clock.set(start + week * 7 * DAY);
    await dispatch.sendDue();
    told.push(...rig.news().map((line) => line.split('@')[0] ?? ''));
    for (const { zone, name, handover } of ZONES) {
      const { day: local, minute } = clockIn(zone)(rig.clock.now());
      const [hours = 0] = handover.split(':').map(Number);
      const turn = Math.floor((local + (minute >= hours * 60 ? 0 : -1)) / 7);
      expected.push(`${name.toLowerCase()}-${'abc'.charAt(turn % 3)}`);
    }
  }
  expect(told).toEqual(expected);
}, 60_000);

it('keeps the Sundays of each zone free of alerts from two to four, and brings back what is still true', async () => {
  ({ dispatch } = await rig.notifier(['noc@example.com'], { alerts: { repeatMinutes: 10_000_000 } }));
  for (const { zone, name } of ZONES) {
    const from = Date.parse(`2026-01-04T02:00:00${zone === 'Europe/Berlin' ? '+01:00' : '+11:00'}`);
    const fields = {
      name,
      reason: null,
      owner: 'noc',
      scope: 'region',
      region: name,
      provider: null,
      siteId: null,
      circuitId: null,
    } as const;
    const window = { from, to: from + 120 * MINUTE, rrule: 'FREQ=WEEKLY;BYDAY=SU', timezone: zone };
    await createMaintenance(rig.database, rig.orgId, { ...fields, ...window }, { at: new Date(from - DAY), actor: 'key:1' });
  }
  rig.clock.set(Date.UTC(2026, 0, 5, 12));
  for (const { name } of ZONES) await rig.alert('site-down', await rig.site(`Store ${name}`, name));
  await rig.pass(dispatch, MINUTE);
  expect(rig.news()).toHaveLength(2);
  const wrong: string[] = [];
  let returned = 0;
  const all = looks();
  for (const { at, name, isHeld } of all) {
    rig.clock.set(at);
    await dispatch.sendDue();
    returned += rig.news().length;
    const [alert] = await rig.database.query<{ by: string | null }>(
      `select a.suppressed_by as by from alert a join site s on s.org_id = a.org_id and s.id = a.site_id where s.name = $1`,
      [`Store ${name}`],
    );
    if ((alert?.by !== null) !== isHeld) wrong.push(`${new Date(at).toISOString()} ${name} ${String(alert?.by)}`);
  }
  expect(wrong).toEqual([]);
  expect(returned).toBe(all.length / 4);
}, 60_000);

/** Every fourth Sunday, and those on which the clocks of a zone change, or changed a week before. */
const CHANGES = ['2026-03-29', '2026-04-05', '2026-10-04', '2026-10-25'].map((day) => Date.parse(day));
const isLookedAt = (start: number, i: number): boolean => i % 4 === 0 || CHANGES.some((day) => Math.abs(start - day) < 8 * DAY);

/** Both edges of each Sunday's window, a minute before and after, by the clocks on the wall; ascending. */
function looks(): { at: number; name: string; isHeld: boolean }[] {
  const year = Array.from({ length: 365 * 48 }, (_, i) => Date.UTC(2026, 0, 5, 12) + i * 30 * MINUTE);
  return ZONES.flatMap(({ zone, name }) => {
    const clock = clockIn(zone);
    const starts = new Map<number, number>();
    for (const at of year) {
      const { day, weekday, minute } = clock(at);
      if (weekday === 6 && minute >= 120 && !starts.has(day)) starts.set(day, at);
    }
    return [...starts.values()].filter(isLookedAt).flatMap((start) =>
      [
        { at: start - MINUTE, isHeld: false },
        { at: start + MINUTE, isHeld: true },
        { at: start + 119 * MINUTE, isHeld: true },
        { at: start + 121 * MINUTE, isHeld: false },
      ].map((look) => ({ ...look, name })),
    );
  }).sort((a, b) => a.at - b.at);
}
