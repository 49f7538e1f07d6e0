import fc from 'fast-check';
import { HOUR_MS } from '../time/bucket.js';
import { DEFAULT_THRESHOLDS, type ThresholdMetric } from '../thresholds/defaults.js';
import { NEVER_BREACHED, statusOf, type AlertState } from './alert.js';
import { circuitSeries, hourObservations, type HourObservation, type RuledHour } from './hours.js';
import { judgeHours } from './judge-hours.js';
import { replayHours } from './replay.js';
import { ruleBook, type RuleDefinition } from './rules.js';

const T0 = Date.UTC(2026, 2, 2);
const thresholdsOf = (metric: ThresholdMetric) => DEFAULT_THRESHOLDS[metric];
const hoursOf = (count: number) => Array.from({ length: count }, (_, i) => T0 + i * HOUR_MS);
const rule = (definition: Partial<RuleDefinition> = {}) => ruleBook([{ id: 'congestion', ...definition }]).of('congestion', null);

const factsOf = (values: readonly (number | null)[], more: Partial<RuledHour> = {}): RuledHour[] =>
  values.map((utilization, i) => ({
    hour: T0 + i * HOUR_MS,
    utilization,
    loss: null,
    jitter: null,
    latency: null,
    upMs: HOUR_MS,
    downMs: 0,
    flaps: 0,
    ...more,
  }));

const observe = (values: readonly (number | null)[], definition: Partial<RuleDefinition> = {}): HourObservation[] =>
  hourObservations(rule(definition), circuitSeries(factsOf(values), rule(definition)), {
    hours: hoursOf(values.length),
    thresholdsOf,
  });

/** Hours close one by one, each judged with all before it. */
function live(
  values: readonly (number | null)[],
  definition: Partial<RuleDefinition> = {},
): { state: AlertState; told: string[] } {
  const observations = observe(values, definition);
  let state: AlertState = NEVER_BREACHED;
  let details: HourObservation['details'] = {};
  const told: string[] = [];
  observations.forEach((observation, i) => {
    const { step } = judgeHours(
      { state, details },
      observations.slice(Math.max(0, i - 23), i + 1),
      rule(definition).timing,
      observation.at,
    );
    if (step.change === null && (step.state.kind === 'ok') === (state.kind === 'ok') && step.state.kind === 'ok') return;
    state = step.state;
    if (observation.breached === true) details = observation.details;
    if (step.change !== null) told.push(`${i} ${step.change.reason} ${step.change.severity}`);
  });
  return { state, told };
}

describe('hours as they close', () => {
  it.each<[string, (number | null)[], string[]]>([
    ['two bad hours fire', [85, 85], ['0 breach-began major', '1 breach-lasted major']],
    ['one does not', [85, 20], ['0 breach-began major', '1 good-before-firing major']],
    ['unknown between does not matter', [85, null, 85], ['0 breach-began major', '2 breach-lasted major']],
    ['between the thresholds an alert goes on', [85, 85, 75, 75, 75], ['0 breach-began major', '1 breach-lasted major']],
    ['and none begins', [75, 75, 75], []],
    [
      'two hours below the clear threshold end it',
      [85, 85, 69, 60],
      ['0 breach-began major', '1 breach-lasted major', '3 good-lasted major'],
    ],
    ['a relapse begins the count again', [85, 85, 60, 75, 60], ['0 breach-began major', '1 breach-lasted major']],
    ['unknown never ends one', [85, 85, 60, null, null, null], ['0 breach-began major', '1 breach-lasted major']],
    ['severity moves inside', [95, 95, 85], ['0 breach-began critical', '1 breach-lasted critical', '2 severity-lowered major']],
  ])('%s', (_, values, told) => {
    expect(live(values).told).toEqual(told);
  });

  it('wait as long as `for` says', () => {
    expect(live([85, 85, 85, 85], { timing: { forMs: 3 * HOUR_MS } }).told.at(-1)).toBe('2 breach-lasted major');
  });

  it('take no data as the rule says', () => {
    expect(live([null, null], { noData: 'alert' }).told).toEqual(['0 breach-began major', '1 breach-lasted major']);
    expect(live([85, 85, null, null], { noData: 'resolve' }).told.at(-1)).toBe('3 good-lasted major');
  });
});

describe('late data', () => {
  const judge = (state: AlertState, values: readonly (number | null)[]) =>
    judgeHours({ state, details: {} }, observe(values), rule().timing, T0 + values.length * HOUR_MS).step;

  it('counts when it shows that the last hours were bad', () => {
    const { state } = live([20, null, 85]);
    expect(judge(state, [20, 85, 85]).change).toMatchObject({ to: 'firing', reason: 'breach-lasted' });
  });

  it('opens nothing about hours that are over', () => {
    expect(judge(NEVER_BREACHED, [85, 85, 20, 20]).change).toBeNull();
    expect(judge(NEVER_BREACHED, [85, 85, 20]).change).toBeNull();
    expect(judge(NEVER_BREACHED, [85, 85, null, null, null, null]).change).toBeNull();
  });

  it('does not open an alert again that has ended', () => {
    const { state } = live([85, 85, 60, 60]);
    expect(statusOf(state)).toBe('resolved');
    expect(judge(state, [85, 85, 85, 85]).change).toBeNull();
  });

  it('keeps who took the alert, unless it is worse than what they took', () => {
    const { state } = live([85, 85]);
    if (state.kind !== 'firing') throw new Error(`The alert is ${state.kind}, not firing.`);
    const taken: AlertState = { ...state, kind: 'acknowledged', acknowledgement: { by: 'noc', at: T0 } };
    expect(judge(taken, [85, 85, 86]).state.kind).toBe('acknowledged');
    expect(judge(taken, [85, 85, 95])).toMatchObject({ state: { kind: 'firing' }, change: { reason: 'severity-raised' } });
  });
});

describe('laws', () => {
  const anyHours = fc.array(fc.option(fc.integer({ min: 40, max: 99 }), { nil: null }), { minLength: 1, maxLength: 23 });

  it('judging again changes nothing', () => {
    fc.assert(
      fc.property(anyHours, (values) => {
        const { state } = live(values);
        const again = judgeHours({ state, details: {} }, observe(values), rule().timing, T0 + values.length * HOUR_MS).step;
        expect(again.change).toBeNull();
      }),
    );
  });

  it('unknown hours at the end change nothing', () => {
    fc.assert(
      fc.property(anyHours, fc.integer({ min: 1, max: 3 }), (values, count) => {
        const known = live(values).told;
        expect(live([...values, ...Array.from({ length: count }, () => null)]).told).toEqual(known);
      }),
    );
  });

  it('a replay opens what was opened live, when every hour came in time', () => {
    fc.assert(
      fc.property(anyHours, (values) => {
        const series = circuitSeries(factsOf(values), rule());
        const replayed = replayHours({ rule: rule(), subject: 'circuit:1', series, thresholdsOf }, hoursOf(values.length));
        const fired = live(values).told.filter((line) => line.includes('breach-lasted')).length;
        const ended = live(values).told.filter((line) => line.includes('good-lasted')).length;
        expect([replayed.length, replayed.filter(({ resolvedAt }) => resolvedAt !== null).length]).toEqual([fired, ended]);
      }),
    );
  });
});

describe('figures of trailing hours', () => {
  it('are reckoned from sums, and null where nothing is known', () => {
    const facts = factsOf([1, 1, 1]).map((hour, i) =>
      i === 1 ? { ...hour, upMs: 0, downMs: HOUR_MS, flaps: 3 } : i === 2 ? { ...hour, upMs: 0, downMs: 0, flaps: null } : hour,
    );
    const series = circuitSeries(facts, { metrics: ['availability', 'flaps'], trailingHours: 2 });
    expect([...(series.get('availability')?.values() ?? [])]).toEqual([100, 50, 0]);
    expect([...(series.get('flaps')?.values() ?? [])]).toEqual([0, 3, 3]);
    const alone = circuitSeries(facts, { metrics: ['availability'], trailingHours: 1 });
    expect([...(alone.get('availability')?.values() ?? [])]).toEqual([100, 0, null]);
  });
});
