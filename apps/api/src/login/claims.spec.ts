import type { LoginRole } from '@app/shared';
import { emailOf, grantsOf, keptClaims, nameOf, personActor, trustedClaims } from './claims.js';

const ORGS = [
  { id: 1, externalId: 'alder' },
  { id: 2, externalId: 'birch' },
];
const RULES: readonly LoginRole[] = [
  { claim: 'groups', value: 'noc', role: 'operator', orgs: ['alder'] },
  { claim: 'groups', value: 'staff', role: 'viewer', orgs: 'all' },
  { claim: 'realm.roles', value: 'root', role: 'admin', orgs: ['birch', 'gone'] },
  { claim: 'https://example.com/roles', value: 'auditor', role: 'viewer', orgs: ['birch'] },
  { claim: 'manager', value: 'true', role: 'admin', orgs: ['alder'] },
];
const told = (claims: Record<string, unknown>): string[] =>
  grantsOf(claims, RULES, ORGS).map(({ externalId, role }) => `${externalId} ${role}`);

describe('roles from claims', () => {
  it('are the highest of all that fit, organization by organization', () => {
    expect(told({ groups: ['noc', 'staff'] })).toEqual(['alder operator', 'birch viewer']);
    expect(told({ groups: ['staff'], realm: { roles: ['root'] } })).toEqual(['alder viewer', 'birch admin']);
    expect(told({ groups: ['staff', 'noc'], manager: true })).toEqual(['alder admin', 'birch viewer']);
  });

  it.each([
    [{ groups: 'noc' }, ['alder operator']],
    [{ 'https://example.com/roles': ['auditor'] }, ['birch viewer']],
    [{ groups: 'noc staff' }, []],
    [{ groups: ['NOC', ' noc', 'noc '] }, []],
    [{ groups: { noc: true } }, []],
    [{ groups: [['noc']] }, []],
    [{ realm: 'root' }, []],
    [{ realm: { roles: null } }, []],
    [{}, []],
  ])('of %j', (claims, expected) => {
    expect(told(claims)).toEqual(expected);
  });

  it('take no property that an object has by itself for a claim', () => {
    const inherited: readonly LoginRole[] = [{ claim: 'constructor.name', value: 'Object', role: 'admin', orgs: 'all' }];
    expect(grantsOf({}, inherited, ORGS)).toEqual([]);
  });

  it('stay the same when only what rules look at is kept', () => {
    const claims = { sub: '7', groups: ['noc'], realm: { roles: ['root'], other: 1 }, phone: '1' };
    const kept = keptClaims(claims, RULES);
    expect(kept).toEqual({ groups: ['noc'], 'realm.roles': ['root'] });
    expect(told(kept)).toEqual(told(claims));
  });
});

describe('a person', () => {
  it('is called as the provider says, on one line', () => {
    expect(nameOf({ name: 'Sam\u202e\r\n Alder ', email: 'sam@example.com' }, '7')).toBe('Sam Alder');
    expect(nameOf({ name: ' ', preferred_username: 'sam' }, '7')).toBe('sam');
    expect(nameOf({ email: 'sam@example.com' }, '7')).toBe('sam@example.com');
    expect(nameOf({ name: 7 }, '7')).toBe('7');
  });

  it('acts by the address, where it is theirs, or else by the id', () => {
    const actorOf = (claims: Record<string, unknown>): string =>
      personActor({ email: emailOf(trustedClaims(claims)), subject: '7\n8' });
    expect(actorOf({ email: 'sam@example.com' })).toBe('user:sam@example.com');
    expect(actorOf({ email: 'sam@example.com', email_verified: true })).toBe('user:sam@example.com');
    for (const email of ['sam@example.com\nkey:1', 'sam example.com', `${'x'.repeat(250)}@example.com`, 7])
      expect(actorOf({ email })).toBe('user:78');
    expect(actorOf({ email: 'sam@example.com', email_verified: false })).toBe('user:78');
  });

  it('has no role by an address that nobody checked', () => {
    const rules: readonly LoginRole[] = [{ claim: 'email', value: 'sam@example.com', role: 'admin', orgs: 'all' }];
    const granted = (verified: object) => grantsOf(trustedClaims({ email: 'sam@example.com', ...verified }), rules, ORGS);
    for (const said of [false, 'false', 0, '0', null, '', 1, 'yes', [true], {}])
      expect(granted({ email_verified: said })).toEqual([]);
    for (const checked of [{}, { email_verified: true }, { email_verified: 'true' }]) expect(granted(checked)).toHaveLength(2);
  });
});
