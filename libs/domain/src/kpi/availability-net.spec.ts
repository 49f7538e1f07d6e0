import type { StateInterval } from '../circuit.js';
import type { Span } from '../sample.js';
import { HOUR_MS, MINUTE_MS } from '../time/bucket.js';
import { addTime, grossAndNet, netTime, netTimes, NO_TIME, type HourTime } from './availability-net.js';

const at = (hour: number, minute = 0): number => hour * HOUR_MS + minute * MINUTE_MS;
const minutes = (hour: number, up: number, down: number, hasIntervals = true): HourTime => ({
  hour: at(hour),
  upMs: up * MINUTE_MS,
  downMs: down * MINUTE_MS,
  hasIntervals,
});
/** Up for ten hours but for 3:40 to 4:20. */
const HOURS = [0, 1, 2, 5, 6, 7, 8, 9].map((hour) => minutes(hour, 60, 0)).concat(minutes(3, 40, 20), minutes(4, 40, 20));
const STATES: StateInterval[] = [
  { from: at(0), to: at(3, 40), state: 'up' },
  { from: at(3, 40), to: at(4, 20), state: 'down' },
  { from: at(4, 20), to: at(10), state: 'up' },
];
const DAY: Span = { from: 0, to: at(10) };
const of = (windows: Span[], hours = HOURS, intervals = STATES) => grossAndNet(netTime({ hours, intervals, windows }, DAY));

describe('availability net of maintenance', () => {
  it('without windows is the same as gross', () => {
    const { gross, net } = of([]);
    expect(gross).toMatchObject({ availabilityPct: (560 / 600) * 100, coveragePct: 100, downMs: 40 * MINUTE_MS });
    expect(net).toEqual(gross);
  });

  it('leaves out exactly what lies inside, by the intervals', () => {
    // 3:30 to 4:00: ten minutes up, twenty down.
    const { net } = of([{ from: at(3, 30), to: at(4) }]);
    expect(net).toMatchObject({ upMs: 550 * MINUTE_MS, downMs: 20 * MINUTE_MS, allMs: 570 * MINUTE_MS, coveragePct: 100 });
    expect(of([{ from: at(3, 40), to: at(4, 20) }]).net.availabilityPct).toBe(100);
  });

  it('counts overlapping windows once, in any order', () => {
    const once = of([{ from: at(3, 30), to: at(4, 30) }]);
    const pieces = [
      { from: at(4), to: at(4, 30) },
      { from: at(3, 30), to: at(4, 10) },
      { from: at(3, 45), to: at(4, 5) },
    ];
    expect(of(pieces)).toEqual(once);
    expect(of([...pieces].reverse())).toEqual(once);
  });

  it('takes the minutes of imported hours in proportion', () => {
    const { net } = of([{ from: at(3, 30), to: at(4) }], [minutes(3, 40, 20, false)], []);
    expect(net).toMatchObject({ upMs: 20 * MINUTE_MS, downMs: 10 * MINUTE_MS });
  });

  it('is null when nothing is known outside, and unknown time is neither up nor down', () => {
    expect(of([DAY]).net).toMatchObject({ availabilityPct: null, coveragePct: null, allMs: 0 });
    expect(of([], [], []).net).toMatchObject({ availabilityPct: null, coveragePct: 0, unknownMs: 600 * MINUTE_MS });
    const { net } = of([{ from: at(3), to: at(10) }], [minutes(3, 60, 0)], [{ from: at(3), to: at(4), state: 'up' }]);
    expect(net).toMatchObject({ availabilityPct: null, coveragePct: 0 });
  });

  it('adds up: hours of a cut period give the sum of the whole', () => {
    const windows = [
      { from: at(3, 30), to: at(4, 10) },
      { from: at(7, 59), to: at(9, 1) },
    ];
    const input = { hours: HOURS, intervals: STATES, windows };
    for (let cut = 0; cut <= 10; cut++) {
      const parts = [netTime(input, { from: 0, to: at(cut) }), netTime(input, { from: at(cut), to: at(10) })];
      expect(parts.reduce(addTime, NO_TIME)).toEqual(netTime(input, DAY));
    }
  });

  it('asks only for hours that start in the span', () => {
    expect(
      netTimes({ hours: HOURS, intervals: STATES, windows: [] }, { from: at(2, 30), to: at(4, 30) }).map(({ hour }) => hour),
    ).toEqual([at(3), at(4)]);
  });
});
