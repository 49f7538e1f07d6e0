import { coveragePct, hourStatus, stateTimeNet } from './availability.js';

describe('availability', () => {
  it('carves maintenance out of every state, overlapping windows once', () => {
    const intervals = [
      { from: -50, to: 40, state: 'up' as const },
      { from: 40, to: 60, state: 'down' as const },
    ];
    const span = { from: 0, to: 100 };
    expect(stateTimeNet(intervals, span)).toEqual({ upMs: 40, downMs: 20, unknownMs: 40 });
    expect(
      stateTimeNet(intervals, span, [
        { from: 30, to: 50 },
        { from: 45, to: 55 },
        { from: 90, to: 500 },
      ]),
    ).toEqual({ upMs: 30, downMs: 5, unknownMs: 30 });
  });

  it('names an hour up with any up time, down when known and none, else unknown', () => {
    expect([hourStatus(1, 59), hourStatus(0, 1), hourStatus(0, 0)]).toEqual(['up', 'down', 'unknown']);
  });

  it('has no coverage of no time', () => expect([coveragePct(30, 60), coveragePct(0, 0)]).toEqual([50, null]));
});
