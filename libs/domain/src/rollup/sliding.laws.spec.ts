import fc from 'fast-check';
import { DEFAULT_THRESHOLDS } from '../thresholds/defaults.js';
import { HOUR_MS } from '../time/bucket.js';
import { trailingHours } from '../time/window.js';
import { someHours, someThresholds, START } from './hours.fixture.js';
import { windowKpis } from './kpis.js';
import { slidingWindows, slidingWindowsOf, type WindowEnd } from './sliding.js';

const lengthsOf = fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 3 });

describe('sliding windows', () => {
  it('are at every end, to the last bit, what folding the window anew gives', () => {
    fc.assert(
      fc.property(someHours(90), lengthsOf, someThresholds, (hours, lengths, thresholds) => {
        const [first, last] = [hours[0]?.hour ?? 0, hours.at(-1)?.hour ?? -HOUR_MS];
        const ends: WindowEnd[] = [];
        for (let end = first + HOUR_MS; end <= last + HOUR_MS; end += HOUR_MS) {
          const windows = lengths.map((length) => windowKpis(hours, trailingHours(end, length), thresholds));
          ends.push({ end, windows });
        }
        expect([...slidingWindows(hours, lengths, thresholds)]).toEqual(ends);
      }),
      { numRuns: 60 },
    );
  });

  it('do not drift over years', () => {
    const kinds = fc.sample(someHours(100), { numRuns: 10, seed: 5 }).flat();
    const hours = Array.from({ length: 50 }, () => kinds)
      .flat()
      .map((kind, i) => ({ ...kind, hour: START + i * HOUR_MS }));
    let last: WindowEnd | undefined;
    for (const end of slidingWindows(hours, [3, 12, 24], DEFAULT_THRESHOLDS)) last = end;
    expect(last?.windows).toEqual(
      [3, 12, 24].map((n) => windowKpis(hours, trailingHours(last?.end ?? 0, n), DEFAULT_THRESHOLDS)),
    );
  });

  it('are the same of hours that arrive by and by', async () => {
    const [hours = []] = fc.sample(someHours(40), { numRuns: 1, seed: 7 });
    const byAndBy = async function* () {
      for (const hour of hours) yield await Promise.resolve(hour);
    };
    const ends: WindowEnd[] = [];
    for await (const end of slidingWindowsOf(byAndBy(), [3], DEFAULT_THRESHOLDS)) ends.push(end);
    expect(ends).toEqual([...slidingWindows(hours, [3], DEFAULT_THRESHOLDS)]);
  });

  it('refuse hours that do not ascend and lengths that are none', () => {
    const [hours = []] = fc.sample(someHours(40), { numRuns: 1, seed: 7 });
    expect(() => [...slidingWindows([...hours].reverse(), [3], DEFAULT_THRESHOLDS)]).toThrow(/must be whole and ascend/);
    for (const lengths of [[], [0], [2.5]])
      expect(() => [...slidingWindows([], lengths, DEFAULT_THRESHOLDS)]).toThrow(/one whole hour or more/);
  });
});
