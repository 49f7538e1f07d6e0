import type { EpochMs } from '../sample.js';
import type { KnownState } from './replay-observations.js';
import {
  failoverObservations,
  flappingObservations,
  siteObservations,
  type PastFailover,
  type PastReachability,
} from './replay-states.js';
import { replayLives, replayObservations, type ReplayedObservation } from './replay.js';
import type { RuleDefinition } from './rules.js';
import { ruleBook } from './rules.js';

const MINUTE = 60_000;
const T0 = Date.UTC(2026, 2, 2);
const at = (minute: number): EpochMs => T0 + minute * MINUTE;
const minute = (time: EpochMs | null): number | null => (time === null ? null : (time - T0) / MINUTE);
const state = (from: number, to: number, is: KnownState['state']): KnownState => ({ from: at(from), to: at(to), state: is });
const ruleOf = (id: RuleDefinition['id'], timing: RuleDefinition['timing'] = {}) => ruleBook([{ id, timing }]).of(id, null);
const fired = (rule: ReturnType<typeof ruleOf>, observations: readonly ReplayedObservation[], end = 600) =>
  replayObservations({ rule, subject: 'x', isHourly: false, end: at(end) }, observations).map((alert) => [
    minute(alert.firedAt),
    minute(alert.resolvedAt),
  ]);

describe('a circuit that changes again and again', () => {
  const every = (minutes: number): KnownState[] =>
    Array.from({ length: 7 }, (_, i) => state(i * minutes, (i + 1) * minutes, i % 2 === 0 ? 'up' : 'down'));

  it('flaps with the fourth change within an hour, until an hour without any', () => {
    const rule = ruleOf('flapping');
    expect(fired(rule, flappingObservations(rule, every(10), 4))).toEqual([[40, 120]]);
    expect(fired(rule, flappingObservations(rule, every(10), 3))).toEqual([[30, 120]]);
    expect(fired(rule, flappingObservations(rule, every(21), 4))).toEqual([]);
  });

  it('did not change where the same state is known before and after a gap', () => {
    const rule = ruleOf('flapping');
    const states = [state(0, 5, 'up'), state(10, 15, 'up'), state(20, 25, 'up'), state(30, 35, 'up'), state(40, 45, 'up')];
    expect(fired(rule, flappingObservations(rule, states, 2))).toEqual([]);
  });
});

describe('a primary that was failed over', () => {
  const over = (startedAt: number, decidedAt: number, endedAt: number | null): PastFailover => ({
    startedAt: at(startedAt),
    decidedAt: at(decidedAt),
    endedAt: endedAt === null ? null : at(endedAt),
  });

  it('is told of when it is certain, and counts from its start where the rule waits', () => {
    const failovers = [over(0, 10, 30), over(100, 110, 112), over(200, 210, null)];
    const [now, patient] = [ruleOf('failover'), ruleOf('failover', { forMs: 15 * MINUTE })];
    expect(fired(now, failoverObservations(now, failovers))).toEqual([
      [10, 30],
      [110, 112],
      [210, null],
    ]);
    expect(fired(patient, failoverObservations(patient, failovers))).toEqual([
      [15, 30],
      [215, null],
    ]);
  });
});

describe('a site', () => {
  const gateway = (...stretches: [number, number, boolean][]): PastReachability['gateways'][number] => ({
    mac: 'gw-1',
    stretches: stretches.map(([from, to, connected]) => ({ from: at(from), to: at(to), connected })),
  });
  const circuit = (...states: KnownState[]): PastReachability['circuits'][number] => ({ mac: 'gw-1', states });
  const lives = (past: PastReachability, forMs = 2 * MINUTE) => {
    const rule = ruleOf('site-down', { forMs });
    return replayLives({ rule, subject: 'site:1', isHourly: false, end: at(600) }, siteObservations(rule, past));
  };
  const down = (past: PastReachability, forMs?: number) =>
    lives(past, forMs).fired.map((alert) => [minute(alert.firedAt), minute(alert.resolvedAt)]);
  const up = state(0, 600, 'up');

  it('is down while none of its circuits is up, and only then', () => {
    const first = circuit(state(0, 10, 'up'), state(10, 40, 'down'), state(40, 600, 'up'));
    const second = circuit(state(0, 20, 'up'), state(20, 30, 'down'), state(30, 600, 'up'));
    expect(down({ gateways: [], circuits: [first, second] })).toEqual([[22, 32]]);
    expect(down({ gateways: [], circuits: [first, circuit(up)] })).toEqual([]);
    expect(down({ gateways: [], circuits: [first, second] }, 15 * MINUTE)).toEqual([]);
  });

  it('is down while its gateway is disconnected, whatever is known of the circuits behind it', () => {
    const gateways = [gateway([0, 10, true], [10, 60, false], [60, 600, true])];
    expect(down({ gateways, circuits: [circuit(up)] })).toEqual([[12, 62]]);
  });

  it('is what its gateway of the time says, when another one took its place since', () => {
    const before = gateway([0, 10, true], [10, 40, false], [40, 100, true]);
    const after = { ...gateway([105, 200, true], [200, 260, false], [260, 600, true]), mac: 'gw-2' };
    expect(down({ gateways: [before, after], circuits: [] })).toEqual([
      [12, 42],
      [202, 262],
    ]);
    // While both are there, one that is not known to be cut off speaks against it.
    const gap = { ...gateway([0, 5, true], [300, 600, true]), mac: 'gw-2' };
    expect(down({ gateways: [before, gap], circuits: [] })).toEqual([]);
  });

  it('is neither down nor up where nobody knows', () => {
    const dark = circuit(state(0, 10, 'up'), state(10, 20, 'down'), state(50, 60, 'up'));
    expect(down({ gateways: [], circuits: [dark] })).toEqual([[12, 52]]);
    expect(lives({ gateways: [], circuits: [] })).toEqual({ fired: [], unfired: [] });
  });

  it('that was dark for a moment might have been down: nothing fired, but it is known', () => {
    const blink = circuit(state(0, 10, 'up'), state(10, 11, 'down'), state(11, 600, 'up'));
    const { fired: none, unfired } = lives({ gateways: [], circuits: [blink] });
    expect([none, unfired.map(({ changes }) => changes.map((change) => [minute(change.at), change.status]))]).toEqual([
      [],
      [
        [
          [10, 'pending'],
          [11, 'resolved'],
        ],
      ],
    ]);
  });
});
