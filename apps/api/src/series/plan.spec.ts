import { HOUR_MS, hoursOfBucket } from '@app/domain';
import { partsOf, storedGrainsFrom, type Stored } from './plan.js';

const at = (text: string): number => Date.parse(text);
const span = (from: string, to: string) => ({ from: at(from), to: at(to) });
const UTC: Stored = { zone: 'UTC', closedUntil: at('2026-03-01T00:00:00Z') };
const told = (parts: ReturnType<typeof partsOf>): string[] =>
  parts.map(
    ({ source, from, to }) => `${source} ${new Date(from).toISOString().slice(0, 16)} ${new Date(to).toISOString().slice(0, 16)}`,
  );

it('reads whole months, weeks and days from where they are stored, and the rest from hours', () => {
  expect(told(partsOf(span('2026-01-10T06:00:00Z', '2026-03-12T05:00:00Z'), UTC))).toEqual([
    'hour 2026-01-10T06:00 2026-01-11T00:00',
    'day 2026-01-11T00:00 2026-01-12T00:00',
    'week 2026-01-12T00:00 2026-01-26T00:00',
    'day 2026-01-26T00:00 2026-02-01T00:00',
    'month 2026-02-01T00:00 2026-03-01T00:00',
    'day 2026-03-01T00:00 2026-03-12T00:00',
    'hour 2026-03-12T00:00 2026-03-12T05:00',
  ]);
});

it('reads everything from hours where nothing is stored', () => {
  expect(told(partsOf(span('2026-01-10T06:20:00Z', '2026-03-12T05:00:00Z'), null))).toEqual([
    'hour 2026-01-10T07:00 2026-03-12T05:00',
  ]);
});

it('takes no finer grain for coarser than asked', () => {
  expect(storedGrainsFrom('day')).toEqual(['day']);
  expect(storedGrainsFrom('week')).toEqual(['week', 'day']);
  expect(storedGrainsFrom('hour')).toEqual([]);
});

it.each(['UTC', 'Europe/Berlin', 'Asia/Kolkata', 'America/St_Johns', 'Australia/Lord_Howe'])(
  'covers each hour once in %s',
  (zone) => {
    const stored = { zone, closedUntil: at('2026-04-05T00:00:00Z') };
    for (let i = 0; i < 60; i++) {
      const from = at('2025-12-28T00:00:00Z') + i * 37 * HOUR_MS;
      const period = { from, to: from + (1 + i * 29) * HOUR_MS };
      const hours = partsOf(period, stored).flatMap(hoursOfBucket);
      expect(hours).toEqual(hoursOfBucket(period));
    }
  },
);
