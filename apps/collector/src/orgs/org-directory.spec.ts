import { onlyOrg } from './org-directory.js';

const self = (...orgIds: (string | undefined)[]): unknown => ({
  privileges: orgIds.map((id) => ({
    scope: id === undefined ? 'msp' : 'org',
    role: 'read',
    ...(id === undefined ? {} : { org_id: id, org_name: `Org ${id}` }),
  })),
});

describe('the org of a token', () => {
  it('is the only one it sees, however often', () => {
    expect(onlyOrg(self(undefined, 'a', 'a'), 'https://mist.example')).toEqual({ orgId: 'a', name: 'Org a' });
  });

  it.each([
    ['several', self('a', 'b'), 'sees 2 organizations: a (Org a), b (Org b)'],
    ['none', self(undefined), 'sees no organization'],
    ['nothing that can be read', 'x', 'sees no organization'],
  ])('is asked for when it sees %s', (_, body, problem) => {
    expect(() => onlyOrg(body, 'https://mist.example')).toThrow(`The token for https://mist.example ${problem}. Set "id"`);
  });
});
