import { checkRecurrence, nextWindows, windowsBetween, type Recurrence } from './recurrence.js';

const HOUR = 3_600_000;
const at = (text: string): number => Date.parse(text);
const starts = (recurrence: Recurrence, from: string, to: string): string[] =>
  windowsBetween(recurrence, { from: at(from), to: at(to) }).map((span) => new Date(span.from).toISOString().slice(0, 16));

const berlinSundays: Recurrence = {
  rrule: 'FREQ=WEEKLY;BYDAY=SU',
  timezone: 'Europe/Berlin',
  from: at('2026-01-04T03:00:00Z'),
  durationMs: 2 * HOUR,
};

describe('a recurring window', () => {
  it('stays at four in the morning on the clocks over a year with two changes of them', () => {
    const all = windowsBetween(berlinSundays, { from: at('2026-01-01T00:00:00Z'), to: at('2027-01-01T00:00:00Z') });
    expect(all).toHaveLength(52);
    const clock = (ms: number): string =>
      new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', hour: '2-digit', minute: '2-digit' }).format(ms);
    expect(new Set(all.map(({ from }) => clock(from)))).toEqual(new Set(['04:00']));
    expect(new Set(all.map(({ from, to }) => to - from))).toEqual(new Set([2 * HOUR]));
  });

  it('begins an hour later on the day that leaves its time out', () => {
    const nightly = { ...berlinSundays, rrule: 'FREQ=DAILY', from: at('2026-03-27T01:30:00Z') };
    expect(starts(nightly, '2026-03-28T00:00:00Z', '2026-03-30T12:00:00Z')).toEqual([
      '2026-03-28T01:30',
      '2026-03-29T01:30',
      '2026-03-30T00:30',
    ]);
  });

  it('that is running counts as overlapping, one that ended at the start does not', () => {
    expect(starts(berlinSundays, '2026-01-04T04:59:59Z', '2026-01-04T05:30:00Z')).toEqual(['2026-01-04T03:00']);
    expect(starts(berlinSundays, '2026-01-04T05:00:00Z', '2026-01-04T06:00:00Z')).toEqual([]);
  });

  it('knows its next five', () => {
    const monthly = { ...berlinSundays, rrule: 'FREQ=MONTHLY;BYDAY=-1SU' };
    expect(
      nextWindows(monthly, at('2026-02-01T00:00:00Z'), 5).map(({ from }) => new Date(from).toISOString().slice(0, 10)),
    ).toEqual(['2026-02-22', '2026-03-29', '2026-04-26', '2026-05-31', '2026-06-28']);
  });

  it('ends with its count', () => {
    expect(nextWindows({ ...berlinSundays, rrule: 'FREQ=WEEKLY;BYDAY=SU;COUNT=2' }, berlinSundays.from, 5)).toHaveLength(2);
  });

  it.each([
    ['FREQ=MINUTELY', /begin with FREQ=DAILY/],
    ['every sunday', /begin with FREQ=DAILY/],
    ['FREQ=WEEKLY;BYDAY=XX', /no usable rule/],
    ['FREQ=WEEKLY;BYDAY=MO,XX;COUNT=2', /no usable rule/],
    ['FREQ=WEEKLY;BYHOUR=99', /no usable rule/],
  ])('refuses %s', (rule, message) => {
    expect(() => checkRecurrence({ ...berlinSundays, rrule: rule })).toThrow(message);
  });

  it('refuses a zone nobody knows and a window without length', () => {
    expect(() => checkRecurrence({ ...berlinSundays, timezone: 'Mars/Base' })).toThrow(/time zone/);
    expect(() => checkRecurrence({ ...berlinSundays, durationMs: 0 })).toThrow(/no length/);
  });
});
