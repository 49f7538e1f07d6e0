import fc from 'fast-check';
import { HOUR_MS, MINUTE_MS } from '../time/bucket.js';
import { connectionStretches, siteConnectivity, siteReach, type ConnectionReading } from './reachability.js';

const reading = (minute: number, connected: boolean, siteId: number | null = 1): ConnectionReading => ({
  at: minute * MINUTE_MS,
  connected,
  siteId,
});
const told = (readings: readonly ConnectionReading[]): string[] =>
  connectionStretches(readings, HOUR_MS).map(
    ({ from, to, connected }) => `${connected ? 'up' : 'down'} ${String(from / MINUTE_MS)}-${String(to / MINUTE_MS)}`,
  );

describe('stretches of a gateway', () => {
  it('hold from reading to reading and join where they are alike', () => {
    expect(told([reading(0, true), reading(5, true), reading(10, false), reading(20, false), reading(30, true)])).toEqual([
      'up 0-10',
      'down 10-30',
      'up 30-30',
    ]);
  });

  it('end an hour after a reading with no successor, exactly an hour still counting', () => {
    expect(told([reading(0, true), reading(60, true), reading(121, true)])).toEqual(['up 0-120', 'up 121-121']);
  });

  it('believe of two readings of one instant that it was connected', () => {
    expect(told([reading(0, false), reading(0, true), reading(5, true)])).toEqual(['up 0-5']);
  });

  it('begin anew where the gateway moved to another site', () => {
    expect(told([reading(0, true), reading(5, true, 2), reading(9, true, 2)])).toEqual(['up 0-5', 'up 5-9']);
  });

  it('are the same for any order and repetition of the readings', () => {
    const readings = fc.array(fc.record({ at: fc.nat(500), connected: fc.boolean(), siteId: fc.constant(1) }), { maxLength: 40 });
    fc.assert(
      fc.property(readings, (given) => {
        const shuffled = [...given, ...given].reverse();
        expect(connectionStretches(shuffled, 60)).toEqual(connectionStretches(given, 60));
      }),
    );
  });
});

describe('reachability of a site', () => {
  const stretch = (from: number, to: number, connected: boolean) => ({
    from: from * MINUTE_MS,
    to: to * MINUTE_MS,
    connected,
  });
  const reach = (...stretches: ReturnType<typeof stretch>[]) => {
    const { upMs, downMs, unknownMs, reachabilityPct, coveragePct } = siteReach(siteConnectivity(stretches), {
      from: 0,
      to: HOUR_MS,
    });
    return [upMs / MINUTE_MS, downMs / MINUTE_MS, unknownMs / MINUTE_MS, reachabilityPct, coveragePct];
  };

  it.each([
    [
      'one gateway lost for 15 minutes',
      [stretch(0, 30, true), stretch(30, 45, false), stretch(45, 60, true)],
      [45, 15, 0, 75, 100],
    ],
    ['another one stays', [stretch(0, 60, false), stretch(0, 60, true)], [60, 0, 0, 100, 100]],
    [
      'both lost, overlapping for 10 minutes',
      [stretch(0, 20, false), stretch(20, 60, true), stretch(0, 10, true), stretch(10, 60, false)],
      [50, 10, 0, 50 / 0.6, 100],
    ],
    ['nothing known in the second half', [stretch(0, 30, false)], [0, 30, 30, 0, 50]],
    ['nothing known', [], [0, 0, 60, null, 0]],
    ['a stretch that begins before the hour', [stretch(-100, 6, false), stretch(6, 100, true)], [54, 6, 0, 90, 100]],
  ] as const)('%s', (_name, stretches, expected) => {
    const figures = reach(...stretches);
    figures.forEach((figure, index) => {
      const wanted = expected[index] ?? null;
      if (wanted === null || figure === null) expect(figure).toBe(wanted);
      else expect(figure).toBeCloseTo(wanted, 9);
    });
  });
});
