import { comparedNotices, type ToldNotice } from './compare-notices.js';

const told = (trouble: string, reason: string, at: number, destination = 'email:noc@example.com'): ToldNotice => ({
  trouble,
  destination,
  reason,
  at,
  severity: null,
  about: '',
});
const counts = (sent: readonly ToldNotice[], changed: readonly ToldNotice[]) => {
  const { kept, added, gone } = comparedNotices(sent, changed);
  return { kept, added: added.map(({ at }) => at), gone: gone.map(({ at }) => at) };
};

describe('notices beside those that were sent', () => {
  it('stay where they are about the same trouble, for the same reason and to the same people, though minutes later', () => {
    expect(counts([told('incident:1', 'opened', 10)], [told('incident:1', 'opened', 25)])).toEqual({
      kept: 1,
      added: [],
      gone: [],
    });
  });

  it.each([
    ['another trouble', told('new:1', 'opened', 10)],
    ['another reason', told('incident:1', 'repeat', 10)],
    ['other people', told('incident:1', 'opened', 10, 'email:bo@example.com')],
  ])('are new for %s', (_, other) => {
    expect(counts([told('incident:1', 'opened', 10)], [other])).toEqual({ kept: 0, added: [10], gone: [10] });
  });

  it('of several alike the last are new or gone', () => {
    const repeats = (...times: number[]) => times.map((at) => told('incident:1', 'repeat', at));
    expect(counts(repeats(1, 2, 3, 4), repeats(2, 4))).toEqual({ kept: 2, added: [], gone: [3, 4] });
    expect(counts(repeats(3), repeats(6, 1, 4))).toEqual({ kept: 1, added: [4, 6], gone: [] });
  });
});
