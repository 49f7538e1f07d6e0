import { DAY_MS, MINUTE_MS } from '../time/bucket.js';
import { lastPeriod, nextReportTime, readersTime, reportTimesBetween, usualReportDays, type ReportDays } from './schedule.js';

const YEAR = { after: Date.UTC(2026, 0, 1) - 1, until: Date.UTC(2027, 0, 1) - 1 };
const STEP_MS = 15 * MINUTE_MS;
/** An hour that goes and comes, half an hour that does, and a half-hour zone without either. */
const ZONES = ['Europe/Berlin', 'Australia/Lord_Howe', 'Asia/Kolkata'] as const;

interface Shown {
  readonly at: number;
  readonly date: string;
  readonly weekday: string;
  readonly minute: number;
}

/** What the clocks of a zone show every quarter of an hour, as the runtime tells it. */
function clocksOf(timeZone: string): Shown[] {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    weekday: 'short',
  });
  const shown: Shown[] = [];
  for (let at = YEAR.after + 1 - DAY_MS; at < YEAR.until + DAY_MS; at += STEP_MS) {
    const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
    const date = `${part['year'] ?? ''}-${part['month'] ?? ''}-${part['day'] ?? ''}`;
    const weekday = (part['weekday'] ?? '').slice(0, 2).toLowerCase();
    shown.push({ at, date, weekday, minute: Number(part['hour']) * 60 + Number(part['minute']) });
  }
  return shown;
}

/** The first time of each day that the clocks show the minute; where they leave it out, as much later. */
function byLookingAtClocks(clocks: readonly Shown[], minute: number, isOn: (day: Shown) => boolean): number[] {
  const times = new Map<string, number>();
  for (const [i, { at, date, minute: now }] of clocks.entries()) {
    const next = clocks[i + 1];
    if (now === minute && !times.has(date)) times.set(date, at);
    const left = next === undefined ? 0 : next.minute - now - 15;
    if (left > 0 && now < minute && next !== undefined && next.minute > minute)
      times.set(date, next.at + (minute + left - next.minute) * MINUTE_MS);
  }
  const days = new Map(clocks.map((shown) => [shown.date, shown]));
  return [...times]
    .filter(([date]) => isOn(days.get(date) ?? { at: 0, date, weekday: '', minute: 0 }))
    .map(([, at]) => at)
    .filter((at) => at > YEAR.after && at <= YEAR.until);
}

const DAYS: readonly (readonly [string, ReportDays, (day: Shown) => boolean])[] = [
  ['every day', usualReportDays('day'), () => true],
  ['mondays and fridays', { weekdays: ['mo', 'fr'] }, ({ weekday }) => weekday === 'mo' || weekday === 'fr'],
  ['the first of a quarter', usualReportDays('quarter'), ({ date }) => /-(01|04|07|10)-01$/.test(date)],
  ['the same by a rule', { rrule: 'FREQ=YEARLY;BYMONTH=1,4,7,10;BYMONTHDAY=1' }, ({ date }) => /-(01|04|07|10)-01$/.test(date)],
  ['every day by a rule', { rrule: 'FREQ=DAILY' }, () => true],
];

describe('times of reports', () => {
  it.each(ZONES)('are those that the clocks of %s show, over a year', (timezone) => {
    const clocks = clocksOf(timezone);
    for (const minute of [0, 150])
      for (const [name, on, isOn] of DAYS)
        expect([name, minute, reportTimesBetween({ minute, timezone, on }, YEAR)]).toEqual([
          name,
          minute,
          byLookingAtClocks(clocks, minute, isOn),
        ]);
  });

  it.each(ZONES)('are the same however the year is cut, and whoever asks for the next: %s', (timezone) => {
    for (const [, on] of DAYS) {
      const times = { minute: 150, timezone, on };
      const whole = reportTimesBetween(times, YEAR);
      const cut: number[] = [];
      for (let after = YEAR.after; after < YEAR.until; after += 37 * DAY_MS + 7 * MINUTE_MS)
        cut.push(...reportTimesBetween(times, { after, until: Math.min(after + 37 * DAY_MS + 7 * MINUTE_MS, YEAR.until) }));
      expect(cut).toEqual(whole);
      const few = whole.slice(0, 4);
      expect([YEAR.after, ...few].slice(0, few.length).map((at) => nextReportTime(times, at))).toEqual(few);
    }
  });

  it('come once on days whose time comes twice or not at all', () => {
    const times = { minute: 150, timezone: 'Europe/Berlin', on: usualReportDays('day') };
    const ofDay = (from: string, to: string): string[] =>
      reportTimesBetween(times, { after: Date.parse(from), until: Date.parse(to) }).map((at) => new Date(at).toISOString());
    expect(ofDay('2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z')).toEqual(['2026-03-29T01:30:00.000Z']);
    expect(ofDay('2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z')).toEqual(['2026-10-25T00:30:00.000Z']);
  });

  it('take the last day of a month for one that the month lacks', () => {
    const times = { minute: 0, timezone: 'UTC', on: { monthDays: [31] } };
    const days = reportTimesBetween(times, YEAR).map((at) => new Date(at).toISOString().slice(5, 10));
    expect(days.slice(0, 4)).toEqual(['01-31', '02-28', '03-31', '04-30']);
  });

  it('end with a rule that ends, and count every other week from a Monday', () => {
    const utc = { minute: 420, timezone: 'UTC' };
    expect(nextReportTime({ ...utc, on: { rrule: 'FREQ=DAILY;UNTIL=20260105T000000Z' } }, Date.UTC(2026, 0, 5))).toBeNull();
    const fortnight = reportTimesBetween({ ...utc, on: { rrule: 'FREQ=WEEKLY;INTERVAL=2' } }, YEAR);
    expect(fortnight).toHaveLength(26);
    expect(new Set(fortnight.map((at) => new Date(at).getUTCDay()))).toEqual(new Set([1]));
  });
});

describe('the last period', () => {
  const at = Date.parse('2026-03-02T00:30:00Z'); // a Monday
  it.each([
    ['day', 'UTC', 'UTC', '2026-03-01', '2026-03-01T00:00:00.000Z', '2026-03-02T00:00:00.000Z'],
    ['day', 'Europe/Berlin', 'Europe/Berlin', '2026-03-01', '2026-02-28T23:00:00.000Z', '2026-03-01T23:00:00.000Z'],
    // In Tokyo it is Monday, in New York still Sunday, which is not over.
    ['day', 'Asia/Tokyo', 'America/New_York', '2026-02-28', '2026-02-28T05:00:00.000Z', '2026-03-01T05:00:00.000Z'],
    // The reader's Sunday goes on, whatever the organization counts.
    ['day', 'America/New_York', 'Asia/Tokyo', '2026-02-28', '2026-02-27T15:00:00.000Z', '2026-02-28T15:00:00.000Z'],
    ['week', 'UTC', 'UTC', '2026-W09', '2026-02-23T00:00:00.000Z', '2026-03-02T00:00:00.000Z'],
    ['week', 'Asia/Tokyo', 'America/New_York', '2026-W08', '2026-02-16T05:00:00.000Z', '2026-02-23T05:00:00.000Z'],
    ['month', 'UTC', 'UTC', '2026-02', '2026-02-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z'],
    ['quarter', 'UTC', 'UTC', '2025-Q4', '2025-10-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'],
    ['year', 'UTC', 'UTC', '2025', '2025-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'],
  ] as const)('%s of a reader in %s, counted in %s', (period, reader, reporting, key, from, to) => {
    expect(lastPeriod(period, at, { reader, reporting })).toEqual({ key, from: Date.parse(from), to: Date.parse(to) });
  });

  it('is told in the time of the reader', () => {
    expect(readersTime(at, 'Asia/Kolkata')).toBe('2026-03-02 06:00');
  });
});
