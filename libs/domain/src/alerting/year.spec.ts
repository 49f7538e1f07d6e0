import { windowsBetween } from './recurrence.js';
import { turnAt, type Rota } from './rota.js';
import { nextTimeOfDay, openingAt, parseLocalTime } from './working-hours.js';

// A whole year, half hour by half hour, against what the clocks on the wall show: both changes of them, on both sides of the equator.

const HALF_HOUR = 1_800_000;
const DAY_MINUTES = 1_440;
const YEAR = { from: Date.UTC(2026, 0, 5), to: Date.UTC(2027, 0, 5) };
const TIMES = Array.from({ length: (YEAR.to - YEAR.from) / HALF_HOUR }, (_, i) => YEAR.from + i * HALF_HOUR);

/** What a clock on a wall there shows: minutes since the local midnight that began 5 January 2026, a Monday. */
function wallClock(timeZone: string): (at: number) => number {
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
    const day = Date.UTC(part('year'), part('month') - 1, part('day'));
    return (day - YEAR.from) / 60_000 + part('hour') * 60 + part('minute');
  };
}

describe.each(['Europe/Berlin', 'Australia/Sydney', 'America/New_York', 'Australia/Lord_Howe'])('a year in %s', (timezone) => {
  const clock = wallClock(timezone);
  const shown = TIMES.map((at) => ({ at, minute: clock(at) }));

  const jumps = shown.filter(({ minute }, i) => i > 0 && minute - (shown[i - 1]?.minute ?? 0) !== 30);
  /** Every half hour of the days around a change of the clocks; elsewhere some of all times of the day do. */
  const jumpsNear = (at: number): boolean => jumps.some((jump) => Math.abs(jump.at - at) < 9 * DAY_MINUTES * 60_000);

  it('changes its clocks twice', () => {
    expect(jumps).toHaveLength(2);
  });

  it('hands a rota over when the clocks say so', () => {
    const from = parseLocalTime('2026-01-05T09:00', timezone) ?? 0;
    const rota: Rota = { id: 'r', timezone, from, turnDays: 7, members: ['ana', 'ben', 'cleo'] };
    const since = shown.filter(({ at }, i) => at >= from && (i % 11 === 0 || jumpsNear(at)));
    const expected = since.map(({ minute }) => rota.members[Math.floor((minute - 540) / (7 * DAY_MINUTES)) % 3]);
    expect(since.map(({ at }) => turnAt(rota, [], at)?.member)).toEqual(expected);
  });

  it('begins a window at its hour, or after the hour that is left out, and keeps its length', () => {
    const from = parseLocalTime('2026-01-05T02:00', timezone) ?? 0;
    const durationMs = 4 * HALF_HOUR;
    const windows = windowsBetween({ rrule: 'FREQ=DAILY', timezone, from, durationMs }, YEAR);
    expect(windows.every((window) => window.to - window.from === durationMs)).toBe(true);
    const starts = new Map<number, number>();
    for (const { at, minute } of shown) {
      const day = Math.floor(minute / DAY_MINUTES);
      if (at >= from && minute % DAY_MINUTES >= 120 && !starts.has(day)) starts.set(day, at);
    }
    // The first day is shown from its morning on where the zone is ahead of UTC.
    if (windows[0]?.from !== [...starts.values()][0]) starts.delete(0);
    expect(windows.map((window) => window.from)).toEqual([...starts.values()]);
  });

  it('is at work from eight to six on weekdays', () => {
    const hours = { timezone, days: ['mo', 'tu', 'we', 'th', 'fr'] as const, fromMinute: 480, toMinute: 1080 };
    const isOpen = (minute: number): boolean => {
      const weekday = Math.floor(minute / DAY_MINUTES) % 7;
      const ofDay = ((minute % DAY_MINUTES) + DAY_MINUTES) % DAY_MINUTES;
      return weekday >= 0 && weekday < 5 && ofDay >= 480 && ofDay < 1080;
    };
    const asked = shown.filter(({ at }, i) => i % 11 === 0 || jumpsNear(at));
    expect(asked.length).toBeGreaterThan(3_000);
    expect(asked.filter(({ at, minute }) => openingAt(hours, at).isOpen !== isOpen(minute))).toEqual([]);
  });

  it('sends a digest once a day, at its time', () => {
    const sent: number[] = [];
    for (
      let at = nextTimeOfDay({ minute: 480, timezone }, YEAR.from);
      at < YEAR.to;
      at = nextTimeOfDay({ minute: 480, timezone }, at)
    )
      sent.push(clock(at));
    expect(sent.map((minute) => minute % DAY_MINUTES)).toEqual(sent.map(() => 480));
    expect(sent).toHaveLength(365);
  });
});
