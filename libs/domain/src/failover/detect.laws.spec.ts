import fc from 'fast-check';
import { path, poll, t } from '../kpi/circuit-input.fixture.js';
import type { PathSample, PortEvent, PortSample, PortState } from '../sample.js';
import { HOUR_MS, MINUTE_MS } from '../time/bucket.js';
import { detectFailovers } from './detect.js';
import type { SiteCircuit } from './failover.js';
import { ALL, circuit, role, RULES } from './failover.fixture.js';

const FROM = t('06:00');
const instant = fc.integer({ min: 0, max: 6 * 30 }).map((n) => FROM + n * 2 * MINUTE_MS);
const maybe = fc.option(fc.boolean(), { freq: 6 });
const polls = fc.uniqueArray(
  fc
    .record({ at: instant, up: maybe, active: maybe, rxBytes: fc.option(fc.nat(3)), disabled: rarely(20) })
    .map((over): PortSample => poll('00:00', over)),
  { maxLength: 80, selector: ({ at }) => at },
);
const events = fc.array(fc.record({ at: instant, state: fc.constantFrom<PortState>('up', 'down') }), { maxLength: 8 });
const paths = fc.array(
  fc
    .record({ at: instant, peer: fc.constantFrom('a', 'b'), up: maybe, active: maybe })
    .map((over): PathSample => path('00:00', over.peer, over)),
  { maxLength: 12 },
);
const cutOffs = fc.array(
  fc.tuple(instant, fc.nat(20)).map(([from, n]) => ({ from, to: from + n * MINUTE_MS })),
  { maxLength: 1 },
);
const observed = fc.record({ polls, events, paths, cutOffs });
const roles = fc.constantFrom(
  role('primary'),
  role('backup'),
  role(null),
  [...role('primary'), { since: t('08:31'), role: 'secondary' as const }],
  [...role('secondary'), { since: t('09:00'), role: 'primary' as const }],
);
const sites = fc
  .tuple(observed, observed, fc.option(observed), roles, roles)
  .map(([one, two, three, second, third]): SiteCircuit[] => [
    circuit(1, one),
    circuit(2, { ...two, roles: second }),
    ...(three === null ? [] : [circuit(3, { ...three, roles: third })]),
  ]);

function rarely(outOf: number): fc.Arbitrary<boolean> {
  return fc.nat(outOf).map((n) => n === 0);
}

const reversed = (circuits: readonly SiteCircuit[]): SiteCircuit[] =>
  [...circuits].reverse().map((each) => ({
    ...each,
    polls: [...each.polls, ...each.polls].reverse(),
    events: [...each.events, ...each.events].reverse(),
    paths: [...each.paths].reverse(),
  }));

/** What a task is given: two gaps more on both sides. */
const around = (circuits: readonly SiteCircuit[], from: number, to: number): SiteCircuit[] => {
  const isNear = ({ at }: PortSample | PortEvent | PathSample): boolean => at >= from - 2 * HOUR_MS && at <= to + 2 * HOUR_MS;
  return circuits.map((each) => ({
    ...each,
    polls: each.polls.filter(isNear),
    events: each.events.filter(isNear),
    paths: each.paths.filter(isNear),
  }));
};

describe('failovers', () => {
  it('are the same whatever the order of what was observed, and however often it is told', () => {
    fc.assert(
      fc.property(sites, (circuits) => {
        expect(detectFailovers(reversed(circuits), ALL, RULES)).toEqual(detectFailovers(circuits, ALL, RULES));
      }),
    );
  });

  it('are the same found in one go or cut anywhere, each part resumed from what went on', () => {
    fc.assert(
      fc.property(sites, fc.array(instant, { maxLength: 5 }), (circuits, cuts) => {
        const whole = detectFailovers(circuits, ALL, RULES);
        const bounds = [-Infinity, ...[...cuts].sort((a, b) => a - b), Infinity];
        let found: typeof whole.failovers = [];
        bounds.slice(0, -1).forEach((from, i) => {
          const to = bounds[i + 1] ?? Infinity;
          const open = found.filter(({ endedAt }) => endedAt === null);
          const part = detectFailovers(around(circuits, from, to), { from, to, open, now: ALL.now }, RULES);
          found = [...found.filter(({ endedAt }) => endedAt !== null), ...part.failovers];
        });
        const inOrder = [...found].sort((a, b) => a.startedAt - b.startedAt || a.primaryId - b.primaryId);
        expect(inOrder).toEqual(whole.failovers);
      }),
      { numRuns: 500 },
    );
  });

  it('never overlap for one primary, and end after they began', () => {
    fc.assert(
      fc.property(sites, (circuits) => {
        const last = new Map<number, number>();
        for (const { primaryId, startedAt, endedAt } of detectFailovers(circuits, ALL, RULES).failovers) {
          expect(startedAt).toBeGreaterThanOrEqual(last.get(primaryId) ?? -Infinity);
          expect(endedAt ?? Infinity).toBeGreaterThan(startedAt);
          last.set(primaryId, endedAt ?? Infinity);
        }
      }),
    );
  });
});
