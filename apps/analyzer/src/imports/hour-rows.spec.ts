import { HOUR_MS } from '@app/domain';
import type { HourRow } from './hour-row.js';
import { HourRows } from './hour-rows.js';
import { hoursByCircuit } from './hours-by-circuit.js';

const NOTHING = { count: 0, avg: null, max: null, p95: null };
const row = (hour: number, more: Partial<HourRow> = {}): HourRow => ({
  siteId: 's1',
  mac: 'm1',
  portId: 'p1',
  hour: hour * HOUR_MS,
  rxBytes: null,
  txBytes: null,
  coveredMs: 0,
  upMs: 0,
  downMs: 0,
  flaps: null,
  latency: NOTHING,
  jitter: NOTHING,
  loss: NOTHING,
  ...more,
});
const rowsOf = (list: readonly HourRow[]): HourRows => {
  const rows = new HourRows();
  for (const each of list) rows.push(each);
  return rows;
};
const place = (circuitId: number, untilHour = Infinity) => ({
  circuitId,
  siteKey: 1,
  takes: (at: number) => at < untilHour * HOUR_MS,
});

describe('rows of hours', () => {
  it('come back as they were, also when they are many', () => {
    const full = {
      rxBytes: Number.MAX_SAFE_INTEGER,
      txBytes: 0,
      coveredMs: 3_540_000,
      upMs: 1,
      downMs: 2,
      flaps: 0,
      latency: { count: 12, avg: 1 / 3, max: 2, p95: null },
      jitter: { count: 0, avg: null, max: 5, p95: 0 },
      loss: { count: 1, avg: 0, max: 0, p95: 100 },
    };
    const list = Array.from({ length: 5000 }, (_, hour) => (hour % 2 === 0 ? row(hour) : row(hour, full)));
    const rows = rowsOf(list);
    expect(rows.length).toBe(list.length);
    const back = list.map((_, i) => ({ ...rows.places[rows.place(i)], ...rows.at(i) }));
    expect(back).toEqual(list);
  });

  it('share their place with the row before', () => {
    const rows = rowsOf([row(0), row(1), row(1, { portId: 'p2' }), row(2)]);
    expect(rows.places.map(({ portId }) => portId)).toEqual(['p1', 'p2', 'p1']);
  });
});

describe('hours by circuit', () => {
  it('are one for each hour, the last line of it, in the order of hours', () => {
    const rows = rowsOf([row(3), row(1), row(2, { mac: 'm2' }), row(3, { mac: 'm2' }), row(1, { flaps: 7 })]);
    const places = rows.places.map(() => place(5));
    expect(hoursByCircuit(rows, places)).toEqual([{ circuitId: 5, indexes: [4, 2, 3], from: HOUR_MS, to: 3 * HOUR_MS }]);
  });

  it('leave out what a replaced gateway told after its circuit had gone on', () => {
    const rows = rowsOf([row(1), row(2), row(2, { mac: 'm2' })]);
    expect(hoursByCircuit(rows, [place(5, 2), place(6)])).toEqual([
      { circuitId: 5, indexes: [0], from: HOUR_MS, to: HOUR_MS },
      { circuitId: 6, indexes: [2], from: 2 * HOUR_MS, to: 2 * HOUR_MS },
    ]);
  });
});
