import { preferredRoles, type Preference } from './preferred-role.js';

const roles = (preferences: readonly Preference[], cellular: readonly string[] = []): Record<string, string> =>
  Object.fromEntries(preferredRoles(preferences, new Set(cellular)));

describe('the order of paths', () => {
  it('makes the first the primary and the others secondaries', () => {
    expect(roles([['main', 'second', 'lte']], ['lte'])).toEqual({ main: 'primary', second: 'secondary', lte: 'secondary' });
    expect(roles([['main', 'second'], ['main', 'third'], ['second']])).toEqual({
      main: 'primary',
      second: 'secondary',
      third: 'secondary',
    });
  });

  it.each<[string, Preference[]]>([
    ['says of one WAN that traffic leaves there, not that another waits', [['main']]],
    [
      'says nothing where it differs: the load is shared',
      [
        ['main', 'second'],
        ['second', 'main'],
      ],
    ],
    ['says nothing where a cellular WAN is first', [['lte', 'main']]],
    ['says nothing where there is none', []],
  ])('%s', (_why, preferences) => {
    expect(roles(preferences, ['lte'])).toEqual({});
  });
});
