import { parseSettings } from './settings.js';

const read = (yaml: string) => parseSettings(`facts: { export: ${yaml} }`, {}).facts.export;

describe('facts for a warehouse', () => {
  it('go nowhere unless the file says so', () => {
    expect(parseSettings('', {}).facts).toEqual({ maxGapMinutes: 60, disconnectedCountsAs: 'unknown' });
    expect(read('{ folder: /srv/facts }')).toEqual({ folder: '/srv/facts', at: { minute: 180, timezone: 'UTC' }, backDays: 7 });
    expect(read(`{ folder: /srv/facts, at: '04:30', timezone: Europe/Berlin, orgs: [org-1], backDays: 30 }`)).toEqual({
      folder: '/srv/facts',
      orgs: ['org-1'],
      at: { minute: 270, timezone: 'Europe/Berlin' },
      backDays: 30,
    });
  });

  it.each([
    ['{}', 'folder'],
    ['{ folder: facts }', 'whole path'],
    ['{ folder: /srv/facts, at: 4 }', 'a time like'],
    ['{ folder: /srv/facts, orgs: [] }', 'at least one'],
  ])('refuse %s', (yaml, words) => {
    expect(() => read(yaml)).toThrow(words);
  });
});
