import type { ReplayedAlert } from '@app/domain';
import { compared } from './compare.js';
import type { StoredAlert } from './replay.repository.js';

const SPAN = { from: 100, to: 200 };
const replayed = (firedAt: number, resolvedAt: number | null): ReplayedAlert => ({
  rule: 'circuit-down',
  subject: 'circuit:1',
  since: firedAt,
  firedAt,
  resolvedAt,
  severity: 'major',
  metrics: [],
  changes: [],
});
const stored = (firedAt: number, resolvedAt: number | null): StoredAlert => ({
  id: 7,
  subject: 'circuit:1',
  severity: 'major',
  firedAt,
  resolvedAt,
  isTold: true,
});
const beside = (changed: readonly ReplayedAlert[], was: readonly StoredAlert[]) => {
  const all = { now: changed, changed, stored: was, sent: 0, nameOf: (key: string) => key };
  const { kept, added, gone, ...told } = compared({ id: 'circuit-down', span: SPAN, ...all });
  return { alerts: [told.now.alerts, told.changed.alerts, told.stored.alerts], kept, added, gone };
};

describe('alerts that would have been beside those there were', () => {
  it('count by when they fired, and are the same when their times touch', () => {
    expect(beside([replayed(110, 130)], [stored(120, 140)])).toEqual({ alerts: [1, 1, 1], kept: 1, added: 0, gone: 0 });
    expect(beside([replayed(110, 115)], [stored(120, 140)])).toEqual({ alerts: [1, 1, 1], kept: 0, added: 1, gone: 1 });
    expect(beside([replayed(200, null)], [stored(90, 99)])).toEqual({ alerts: [0, 0, 0], kept: 0, added: 0, gone: 0 });
  });

  it('are neither new nor gone when the other side fired before the time that is asked about', () => {
    expect(beside([replayed(101, 150)], [stored(99, 150)])).toEqual({ alerts: [1, 1, 0], kept: 1, added: 0, gone: 0 });
    expect(beside([replayed(99, 150)], [stored(101, 150)])).toEqual({ alerts: [0, 0, 1], kept: 0, added: 0, gone: 0 });
  });
});
