import { asQuery, lastFullHours, sinceLastPoll } from './windows.js';

const AT = Date.UTC(2026, 2, 2, 10, 45, 30);
const hour = (h: number): number => Date.UTC(2026, 2, 2, h);

describe('windows', () => {
  it('leave the running hour out', () => {
    expect(lastFullHours(AT, 1)).toEqual({ from: hour(9), to: hour(10) });
    expect(lastFullHours(hour(10), 24)).toEqual({ from: hour(-14), to: hour(10) });
  });

  it('go on from the last stored poll with ten minutes of overlap, the first time from a day ago', () => {
    expect(sinceLastPoll(AT, hour(10))).toEqual({ from: hour(10) - 600_000, to: AT });
    expect(sinceLastPoll(AT, null)).toEqual({ from: AT - 86_400_000, to: AT });
  });

  it('never begin after they end, even when the clock was set back', () => {
    expect(sinceLastPoll(AT, AT + 5_000)).toEqual({ from: AT - 600_000, to: AT });
  });

  it('are asked for in whole seconds that hold them', () => {
    expect(asQuery({ from: 1_500, to: 2_001 })).toEqual({ start: 1, end: 3 });
  });
});
