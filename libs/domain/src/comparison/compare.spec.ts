import { compareCircuits } from './compare.js';

describe('primary against secondary', () => {
  const PRIMARY = { utilizationPct: 30, latencyMs: 10 };

  it.each([
    ['the same', 30, 10, []],
    ['exactly 20 points and 20 ms', 50, 30, []],
    ['more than 20 points', 50.1, 10, ['utilization 20.1']],
    ['more than 20 points less', 9.9, 10, ['utilization -20.1']],
    ['more than 20 ms', 30, 30.5, ['latency 20.5']],
    ['both', 80, 100, ['utilization 50', 'latency 90']],
    ['nothing known', null, null, []],
  ])('of %s', (_, utilizationPct, latencyMs, expected) => {
    const notes = compareCircuits(PRIMARY, { utilizationPct, latencyMs });
    expect(notes.map(({ metric, difference }) => `${metric} ${String(difference)}`)).toEqual(expected);
  });

  it('is told in words', () => {
    const [note] = compareCircuits(PRIMARY, { utilizationPct: 55.25, latencyMs: 10 });
    expect(note?.text).toBe('Average utilization is 25.3 points higher than on the primary');
  });

  it('takes no note of what rounding alone tells apart', () => {
    expect(compareCircuits({ utilizationPct: 0.1 + 0.2, latencyMs: null }, { utilizationPct: 20.3, latencyMs: null })).toEqual(
      [],
    );
  });
});
