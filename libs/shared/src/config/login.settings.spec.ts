import { ConfigError } from './config.error.js';
import { describeSettings, parseSettings } from './settings.js';

const GOOD = {
  issuer: 'https://login.example.com/realms/stores',
  clientId: 'mistwatch',
  clientSecret: '${CLIENT_SECRET}',
  publicUrl: 'https://mistwatch.example.com/',
  roles: [{ claim: 'groups', value: 'noc', role: 'operator', orgs: ['org-1'] }],
};
const VARIABLES = { CLIENT_SECRET: 'a-secret-of-the-client' };
const parse = (over: object) => parseSettings(JSON.stringify({ login: { ...GOOD, ...over } }), VARIABLES);

const faultsOf = (over: object): string[] => {
  try {
    parse(over);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map(({ path, message }) => `${path} ${message}`);
  }
};

describe('the section login', () => {
  it('is off unless it is given, and has a day of work for a session unless told otherwise', () => {
    expect(parseSettings('', {}).login).toBeUndefined();
    expect(parse({}).login).toEqual({
      ...GOOD,
      clientSecret: VARIABLES.CLIENT_SECRET,
      publicUrl: 'https://mistwatch.example.com',
      scopes: ['openid', 'profile', 'email'],
      sessionHours: 12,
      idleMinutes: 60,
    });
  });

  it('keeps the secret out of what is printed', () => {
    expect(JSON.stringify(describeSettings(parse({})))).not.toContain(VARIABLES.CLIENT_SECRET);
  });

  it.each([
    [{ issuer: 'http://login.example.com' }, 'login.issuer should be an https URL'],
    [{ issuer: 'https://user:pass@login.example.com' }, 'login.issuer should be'],
    [{ issuer: 'https://login.example.com/?tenant=1' }, 'login.issuer should be'],
    [{ clientSecret: 'short' }, 'login.clientSecret should be a secret of at least 16 characters'],
    [{ publicUrl: 'http://mistwatch.example.com' }, 'login.publicUrl should be an https URL without a path'],
    [{ publicUrl: 'https://mistwatch.example.com/noc' }, 'login.publicUrl should be an https URL without a path'],
    [{ publicUrl: 'mistwatch.example.com' }, 'login.publicUrl should be'],
    [{ scopes: ['profile'] }, 'login.scopes should contain openid'],
    [{ scopes: ['openid profile'] }, 'login.scopes[0] should be a scope'],
    [{ roles: [] }, 'login.roles should name at least one'],
    [{ roles: [{ ...GOOD.roles[0], role: 'root' }] }, 'login.roles[0].role should be one of'],
    [{ roles: [{ ...GOOD.roles[0], orgs: 'some' }] }, 'login.roles[0].orgs should be'],
    [{ roles: [{ ...GOOD.roles[0], orgs: [] }] }, 'login.roles[0].orgs should be all, or a list'],
    [{ roles: [{ claim: 'groups', role: 'admin', orgs: 'all' }] }, 'login.roles[0].value is missing'],
    [{ sessionHours: 0 }, 'login.sessionHours should be'],
    [{ sessionHours: 1, idleMinutes: 90 }, 'login.idleMinutes should not be more than sessionHours'],
    [{ redirectUrl: 'https://x.example.com' }, 'login.redirectUrl unknown key'],
  ])('says what is wrong with %j', (over, fault) => {
    const faults = faultsOf(over);
    expect(faults[0]).toContain(fault);
    expect(faults.join()).not.toContain('short');
  });

  it('tells every fault at once', () => {
    expect(faultsOf({ issuer: 'x', publicUrl: 'y', sessionHours: 0 })).toHaveLength(3);
  });

  it.each(['http://localhost:8080', 'http://127.0.0.1:8080', 'http://[::1]:8080'])('may be %s, which is this machine', (url) => {
    expect(faultsOf({ issuer: url, publicUrl: url })).toEqual([]);
  });

  it.each(['http://localhost.example.com', 'http://127.0.0.1.example.com', 'http://0.0.0.0:8080'])('may not be %s', (url) => {
    expect(faultsOf({ publicUrl: url })).toHaveLength(1);
  });
});
