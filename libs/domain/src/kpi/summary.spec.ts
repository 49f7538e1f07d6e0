import fc from 'fast-check';
import { EMPTY_SUMMARY, maxOf, meanOf, mergeSummaries, summaryOf } from './summary.js';

describe('summaries', () => {
  it('say null of nothing', () => {
    expect([meanOf(EMPTY_SUMMARY), maxOf(EMPTY_SUMMARY), meanOf(summaryOf(null, 5))]).toEqual([null, null, null]);
  });

  it('weigh their values', () => {
    const both = mergeSummaries(summaryOf(10, 600), summaryOf(40, 1200));
    expect([meanOf(both), maxOf(both), both.count]).toEqual([30, 40, 2]);
  });

  it('keep an average without a highest value, and a highest value without an average', () => {
    const both = mergeSummaries(summaryOf(10, 3, null), summaryOf(null, 0, 25));
    expect([meanOf(both), maxOf(both), both.weight]).toEqual([10, 25, 3]);
    expect(maxOf(summaryOf(10, 3, null))).toBeNull();
  });

  it('merge associatively, with an identity', () => {
    const summary = fc
      .tuple(fc.integer({ min: -1e6, max: 1e6 }), fc.integer({ min: 1, max: 3600 }))
      .map(([value, weight]) => summaryOf(value, weight));
    fc.assert(
      fc.property(summary, summary, summary, (a, b, c) => {
        expect(mergeSummaries(mergeSummaries(a, b), c)).toEqual(mergeSummaries(a, mergeSummaries(b, c)));
        expect(mergeSummaries(a, EMPTY_SUMMARY)).toEqual(a);
      }),
    );
  });
});
