import fc from 'fast-check';
import { nextTimeOfDay, openingAt, parseLocalTime, parseTimeOfDay, WEEKDAYS, type WeeklyHours } from './working-hours.js';

const BERLIN = 'Europe/Berlin';
const at = (iso: string): number => Date.parse(iso);
const OFFICE: WeeklyHours = {
  timezone: BERLIN,
  days: ['mo', 'tu', 'we', 'th', 'fr'],
  fromMinute: 8 * 60,
  toMinute: 18 * 60,
};

describe('openingAt', () => {
  it.each<[string, WeeklyHours, string, boolean, string]>([
    ['is half-open', OFFICE, '2026-03-02T08:00:00+01:00', true, '2026-03-02T18:00:00+01:00'],
    ['closes at the end', OFFICE, '2026-03-02T18:00:00+01:00', false, '2026-03-03T08:00:00+01:00'],
    ['waits over a weekend in which the clocks change', OFFICE, '2026-03-27T18:00:00+01:00', false, '2026-03-30T08:00:00+02:00'],
    ['and in autumn', OFFICE, '2026-10-23T20:00:00+02:00', false, '2026-10-26T08:00:00+01:00'],
    [
      'goes on over midnight',
      { ...OFFICE, days: ['fr'], fromMinute: 22 * 60, toMinute: 6 * 60 },
      '2026-03-07T05:59:00+01:00',
      true,
      '2026-03-07T06:00:00+01:00',
    ],
    [
      'joins days that touch',
      { ...OFFICE, days: ['sa', 'su'], fromMinute: 0, toMinute: 0 },
      '2026-03-28T12:00:00+01:00',
      true,
      '2026-03-30T00:00:00+02:00',
    ],
    [
      'begins after an hour that the clocks leave out',
      { ...OFFICE, days: ['su'], fromMinute: 150, toMinute: 240 },
      '2026-03-29T01:00:00+01:00',
      false,
      '2026-03-29T03:30:00+02:00',
    ],
    [
      'knows zones with half hours',
      { ...OFFICE, timezone: 'Asia/Kolkata' },
      '2026-03-02T02:29:00Z',
      false,
      '2026-03-02T02:30:00Z',
    ],
  ])('%s', (...[, hours, now, isOpen, until]) => {
    expect(openingAt(hours, at(now))).toEqual({ isOpen, until: at(until) });
  });

  it('without a day never opens', () => {
    expect(openingAt({ ...OFFICE, days: [] }, 0)).toEqual({ isOpen: false, until: Infinity });
  });

  it('changes at `until` and not before', () => {
    const hours = fc.record({
      timezone: fc.constantFrom(BERLIN, 'Asia/Kathmandu', 'America/New_York', 'Australia/Lord_Howe'),
      days: fc.subarray([...WEEKDAYS], { minLength: 1, maxLength: 6 }),
      fromMinute: fc.integer({ min: 0, max: 1439 }),
      toMinute: fc.integer({ min: 0, max: 1439 }),
    });
    fc.assert(
      fc.property(
        hours,
        fc.integer({ min: at('2026-01-01'), max: at('2027-01-01') }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (weekly, now, part) => {
          const { isOpen, until } = openingAt(weekly, now);
          expect(until).toBeGreaterThan(now);
          expect(openingAt(weekly, Math.floor(now + (until - now) * part))).toEqual({ isOpen, until });
          expect(openingAt(weekly, until).isOpen).toBe(!isOpen);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('times on the clocks of a zone', () => {
  it.each([
    ['08:30', 510],
    ['00:00', 0],
    ['23:59', 1439],
    ['24:00', null],
    ['8:30', null],
    ['', null],
  ])('reads %s', (text, minute) => {
    expect(parseTimeOfDay(text)).toBe(minute);
  });

  it.each([
    ['2026-01-05T09:00', at('2026-01-05T08:00:00Z')],
    ['2026-07-05T09:00', at('2026-07-05T07:00:00Z')],
    ['2026-02-30T09:00', null],
    ['2026-01-05', null],
    ['2026-01-05T09:00:00Z', null],
  ])('places %s', (text, instant) => {
    expect(parseLocalTime(text, BERLIN)).toBe(instant);
  });

  it('come once a day all through a year', () => {
    let now = at('2026-01-01T00:00:00+01:00');
    const minutes = new Set<string>();
    for (let day = 0; day < 365; day++) {
      now = nextTimeOfDay({ minute: 480, timezone: BERLIN }, now);
      minutes.add(new Intl.DateTimeFormat('en-GB', { timeZone: BERLIN, hour: '2-digit', minute: '2-digit' }).format(now));
    }
    expect([...minutes]).toEqual(['08:00']);
    expect(now).toBe(at('2026-12-31T08:00:00+01:00'));
  });
});
