import { DEFAULT_THRESHOLDS, type ThresholdMetric } from '../thresholds/defaults.js';
import { replayObservations } from './replay.js';
import { slePollObservations, stateObservations, type KnownState, type SlePoll } from './replay-observations.js';
import { ruleBook } from './rules.js';

const MINUTE = 60_000;
const T0 = Date.UTC(2026, 2, 2);
const thresholdsOf = (metric: ThresholdMetric) => DEFAULT_THRESHOLDS[metric];
const at = (minute: number): number => T0 + minute * MINUTE;
const minute = (time: number | null): number | null => (time === null ? null : (time - T0) / MINUTE);

describe('polls of service levels', () => {
  const poll = (minutes: number, coverage: number | null, more: SlePoll['scores'] = []): SlePoll => ({
    at: at(minutes),
    scores: [{ metric: 'coverage', score: coverage, numClients: 5 }, ...more],
  });
  const replayed = (polls: readonly SlePoll[], clearAfterGood = 2) => {
    const rule = ruleBook([{ id: 'sle', timing: { clearAfterGood } }]).of('sle', null);
    const observations = slePollObservations(rule, polls, thresholdsOf);
    return replayObservations({ rule, subject: 'site:1', isHourly: false, end: at(600) }, observations).map((alert) => [
      minute(alert.firedAt),
      minute(alert.resolvedAt),
      alert.severity,
    ]);
  };

  it('fire at the first bad one and end after two good ones', () => {
    expect(replayed([poll(0, 0.95), poll(15, 0.75), poll(30, 0.6), poll(45, 0.95), poll(60, 0.95)])).toEqual([
      [15, 60, 'critical'],
    ]);
    expect(replayed([poll(0, 0.95), poll(15, 0.75), poll(30, 0.6), poll(45, 0.95), poll(60, 0.95)], 3)).toEqual([
      [15, null, 'critical'],
    ]);
  });

  it('keep what another sweep said: a good answer about one level does not end the alert of another', () => {
    const roaming = { metric: 'roaming', score: 0.5, numClients: 5 };
    expect(replayed([poll(0, 0.95, [roaming]), poll(15, 0.95), poll(30, 0.95)])).toEqual([[0, null, 'critical']]);
  });

  it('say nothing without clients', () => {
    expect(replayed([{ at: T0, scores: [{ metric: 'coverage', score: 0.1, numClients: 0 }] }])).toEqual([]);
  });
});

describe('states of a circuit', () => {
  const state = (from: number, to: number, is: KnownState['state']): KnownState => ({ from: at(from), to: at(to), state: is });
  const replayed = (states: readonly KnownState[], forMs = 0, end = 600) => {
    const rule = ruleBook([{ id: 'circuit-down', timing: { forMs } }]).of('circuit-down', null);
    return replayObservations({ rule, subject: 'circuit:1', isHourly: false, end: at(end) }, stateObservations(rule, states)).map(
      (alert) => [minute(alert.firedAt), minute(alert.resolvedAt)],
    );
  };

  it('fire at once, and end after two minutes up, whether or not anything is seen then', () => {
    const states = [state(0, 10, 'up'), state(10, 20, 'down'), state(20, 60, 'up')];
    expect(replayed(states)).toEqual([[10, 22]]);
    expect(replayed([state(0, 10, 'up'), state(10, 20, 'down'), state(20, 21, 'up')], 0, 21)).toEqual([[10, null]]);
  });

  it('wait as long as the rule says, to the minute', () => {
    const states = [
      state(0, 10, 'up'),
      state(10, 14, 'down'),
      state(14, 90, 'up'),
      state(90, 110, 'down'),
      state(110, 130, 'up'),
    ];
    expect(replayed(states)).toEqual([
      [10, 16],
      [90, 112],
    ]);
    expect(replayed(states, 5 * MINUTE)).toEqual([[95, 112]]);
  });

  it('neither end nor begin where nobody knows', () => {
    expect(replayed([state(0, 10, 'up'), state(10, 20, 'down'), state(50, 60, 'down'), state(60, 70, 'up')])).toEqual([[10, 62]]);
  });
});
