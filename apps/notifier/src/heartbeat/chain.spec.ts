import { parseSettings } from '@app/shared';
import { brokenPart, type ChainStanding } from './chain.js';

const NOW = Date.UTC(2026, 2, 2, 12);
const MINUTE = 60_000;
const { intervalsSeconds } = parseSettings('', {}).collect;
const WELL: ChainStanding = { polledAt: NOW - MINUTE, committedAt: NOW - 6 * MINUTE, waitingSince: null, sweptAt: NOW - 5_000 };
const broken = (more: Partial<ChainStanding>): string | null => brokenPart({ ...WELL, ...more }, intervalsSeconds, NOW);

describe('the way from Mist to people', () => {
  it('works when every part of it was seen at work', () => {
    expect(broken({})).toBeNull();
    expect(broken({ polledAt: NOW - 11 * MINUTE, committedAt: NOW - 16 * MINUTE, sweptAt: NOW - 3 * MINUTE })).toBeNull();
    expect(broken({ waitingSince: NOW - 5 * MINUTE })).toBeNull();
  });

  it.each<[string, Partial<ChainStanding>, string]>([
    ['nothing was ever polled', { polledAt: null }, 'the collector does not poll'],
    ['two intervals went by without a poll', { polledAt: NOW - 11 * MINUTE - 1 }, 'the collector does not poll'],
    ['nothing was ever stored', { committedAt: null }, 'nothing new is stored'],
    ['three intervals went by with nothing stored', { committedAt: NOW - 16 * MINUTE - 1 }, 'nothing new is stored'],
    ['the outbox is not emptied', { waitingSince: NOW - 5 * MINUTE - 1 }, 'changes of alerts wait for the notifier'],
    ['no sweep ever ended', { sweptAt: null }, 'the sweep of the notifier does not come to its end'],
    ['the sweep hangs', { sweptAt: NOW - 3 * MINUTE - 1 }, 'the sweep of the notifier does not come to its end'],
  ])('is broken when %s', (_, more, part) => {
    expect(broken(more)).toBe(part);
  });
});
