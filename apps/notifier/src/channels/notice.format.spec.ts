import type { NoticeReason } from '@app/domain';
import { clipped, fitting, headlineOf, linksOf } from './notice.format.js';
import { notificationOf } from './notification.fixture.js';

describe('the words of a notice', () => {
  it.each([
    ['short', 10, 'short'],
    ['exactly 10', 10, 'exactly 10'],
    ['longer than ten', 10, 'longer th…'],
    ['👾👾👾👾👾👾', 10, '👾👾👾👾…'],
    ['👾'.repeat(5_000), 4, '👾…'],
    ['  a\r\nb\u0000 ', 10, 'a b'],
    ['', 10, ''],
  ])('clip %j to %i units without cutting a character', (text, max, expected) => {
    expect(clipped(text, max)).toBe(expected);
    expect(clipped(text, max).length).toBeLessThanOrEqual(max);
  });

  it('fill what there is room for with whole lines', () => {
    expect(fitting(['abc', 'de', 'f'], 6)).toEqual({ text: 'abc\nde', count: 2 });
    expect(fitting(['abc', 'de', 'f'], 8)).toEqual({ text: 'abc\nde\nf', count: 3 });
    expect(fitting(['abc'], 2)).toEqual({ text: '', count: 0 });
    expect(fitting([], 2)).toEqual({ text: '', count: 0 });
  });

  it('link to nothing but web pages', () => {
    const urls = linksOf(
      notificationOf({
        ackUrl: 'javascript:alert(1)',
        runbookUrl: 'https://wiki.example.com/a b<c>',
        reportUrl: 'nowhere',
        alertsUrl: null,
      }),
    );
    expect(urls).toEqual([{ url: 'https://wiki.example.com/a%20b%3Cc%3E', text: 'Runbook' }]);
  });

  it('offer to take only what is there to be taken', () => {
    const offers = (reason: NoticeReason) => linksOf(notificationOf({ reason })).some(({ text }) => text === 'Acknowledge');
    expect((['opened', 'repeat', 'escalated', 'recovered', 'acknowledged', 'digest'] as const).map(offers)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it('say at the top what it is about', () => {
    expect((['opened', 'acknowledged', 'recovered'] as const).map((reason) => headlineOf(notificationOf({ reason })))).toEqual([
      'CRITICAL',
      'ACKNOWLEDGED',
      'RECOVERED',
    ]);
  });
});
