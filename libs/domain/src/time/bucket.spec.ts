import { bucketFinder, bucketOf, bucketsBetween, HOUR_MS, hourOf, hoursBetween, hoursOfBucket, isZone } from './bucket.js';
import { rollingMonths, trailingHours, trailingWindow } from './window.js';
import { isInside, mergeSpans, overlapMs } from './spans.js';

const at = (iso: string): number => Date.parse(iso);
const iso = (ms: number): string => new Date(ms).toISOString().slice(0, 16);

describe('buckets', () => {
  it('are half-open: an instant on the edge begins the next', () => {
    expect(hourOf(at('2026-01-26T10:59:59.999Z'))).toBe(at('2026-01-26T10:00Z'));
    expect(hoursBetween(at('2026-01-26T10:30Z'), at('2026-01-26T12:00Z'))).toEqual([
      at('2026-01-26T10:00Z'),
      at('2026-01-26T11:00Z'),
    ]);
    expect(bucketOf(at('2026-01-27T00:00Z'), 'day').key).toBe('2026-01-27');
    expect(bucketOf(at('2026-01-26T10:59Z'), 'hour', 'Asia/Kolkata').key).toBe('2026-01-26T10Z');
  });

  it('have 23 and 25 hours where the clock changes', () => {
    const hours = (day: string): number => hoursOfBucket(bucketOf(at(day), 'day', 'Europe/Berlin')).length;
    expect([hours('2026-03-29T10:00Z'), hours('2026-10-25T10:00Z'), hours('2026-06-01T10:00Z')]).toEqual([23, 25, 24]);
  });

  it('hold the hours that start in them, also at half-hour offsets', () => {
    const day = bucketOf(at('2026-01-26T10:00Z'), 'day', 'Asia/Kolkata');
    expect([iso(day.from), iso(day.to)]).toEqual(['2026-01-25T18:30', '2026-01-26T18:30']);
    expect(
      hoursOfBucket(day)
        .map(iso)
        .filter((_, i, all) => i === 0 || i === all.length - 1),
    ).toEqual(['2026-01-25T19:00', '2026-01-26T18:00']);
  });

  it('follow ISO weeks and calendar months in the zone, across year ends', () => {
    expect(bucketOf(at('2026-01-01T03:00Z'), 'month', 'America/New_York')).toMatchObject({
      key: '2025-12',
      from: at('2025-12-01T05:00Z'),
      to: at('2026-01-01T05:00Z'),
    });
    expect(bucketOf(at('2027-01-03T12:00Z'), 'week')).toMatchObject({
      key: '2026-W53',
      from: at('2026-12-28T00:00Z'),
      to: at('2027-01-04T00:00Z'),
    });
    expect(bucketsBetween(at('2026-01-30T00:00Z'), at('2026-02-02T00:00Z'), 'day').map(({ key }) => key)).toEqual([
      '2026-01-30',
      '2026-01-31',
      '2026-02-01',
    ]);
  });

  it('are found alike one by one and in a row', () => {
    const find = bucketFinder('day', 'Europe/Berlin');
    for (const hour of [...hoursBetween(at('2026-03-27T00:00Z'), at('2026-03-31T00:00Z')), 0])
      expect(find(hour)).toEqual(bucketOf(hour, 'day', 'Europe/Berlin'));
  });

  it('refuse a zone that does not exist, with words that help', () => {
    expect([isZone('Europe/Berlin'), isZone('Mars/Base')]).toEqual([true, false]);
    expect(() => bucketOf(0, 'day', 'Mars/Base')).toThrow(/"Mars\/Base".*IANA name/);
  });
});

describe('windows', () => {
  it('hold whole hours before an explicit end', () => {
    expect(trailingWindow(at('2026-01-27T00:20Z'), '3h')).toEqual({ from: at('2026-01-26T21:00Z'), to: at('2026-01-27T00:00Z') });
    expect(trailingHours(at('2026-01-27T00:00Z'), 1)).toEqual({ from: at('2026-01-26T23:00Z'), to: at('2026-01-27T00:00Z') });
  });

  it('of 13 months end with the month of the last instant before the end', () => {
    expect(rollingMonths(at('2026-02-01T00:00Z'))).toEqual({ from: at('2025-01-01T00:00Z'), to: at('2026-02-01T00:00Z') });
    expect(rollingMonths(at('2026-02-01T00:00Z') + HOUR_MS)).toEqual({
      from: at('2025-02-01T00:00Z'),
      to: at('2026-03-01T00:00Z'),
    });
    expect(rollingMonths(at('2026-03-31T22:30Z'), 'Europe/Berlin')).toMatchObject({ from: at('2025-03-31T22:00Z') });
  });
});

describe('spans', () => {
  it('merge to ascending disjoint ones', () => {
    const merged = mergeSpans([
      { from: 50, to: 60 },
      { from: 0, to: 10 },
      { from: 10, to: 20 },
      { from: 5, to: 5 },
      { from: 55, to: Infinity },
    ]);
    expect(merged).toEqual([
      { from: 0, to: 20 },
      { from: 50, to: Infinity },
    ]);
    expect([isInside(merged, 20), isInside(merged, 50), overlapMs(merged, 15, 100)]).toEqual([false, true, 55]);
    expect(mergeSpans([{ from: 5, to: 5 }])).toEqual([]);
  });
});
