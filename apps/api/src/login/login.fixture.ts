import { seedTagged, startApi, type ApiFixture } from '../api.fixture.js';
import { Browser, type Page } from './browser.fixture.js';
import { SESSION_COOKIE } from './cookies.js';
import { CLIENT, startProvider, type OidcProvider } from './provider.fixture.js';

export const OURS = 'https://mistwatch.example.com';
const CALLBACK = `${OURS}/v1/login/callback`;

/** Sam works in one organization, Kim runs one and reads another, Pat runs the other, Lou may do nothing. */
const PEOPLE: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  sam: { name: 'Sam Alder', email: 'sam@example.com', groups: ['noc', 'chess'] },
  kim: { name: 'Kim Alder', email: 'kim@example.com', groups: ['alder-admins', 'staff'] },
  pat: { name: 'Pat Birch', email: 'pat@example.com', email_verified: false, groups: ['birch-admins'] },
  lou: { name: 'Lou', email: 'lou@example.com', groups: ['chess'] },
};

const ROLES = [
  { claim: 'groups', value: 'noc', role: 'operator', orgs: ['org-alder'] },
  { claim: 'groups', value: 'staff', role: 'viewer', orgs: 'all' },
  { claim: 'groups', value: 'alder-admins', role: 'admin', orgs: ['org-alder'] },
  { claim: 'groups', value: 'birch-admins', role: 'admin', orgs: ['org-birch'] },
  { claim: 'email', value: 'pat@example.com', role: 'admin', orgs: ['org-alder'] },
];

export interface LoginWorld {
  readonly fixture: ApiFixture;
  readonly provider: OidcProvider;
  /** The configuration, with other roles. */
  yamlWith(roles: readonly object[]): string;
  browser(): Browser;
  /** Goes to the provider as somebody and comes back as far as our callback, which is not yet opened. */
  until(browser: Browser, person: string | null, address?: string): Promise<string>;
  /** Logs somebody in and returns the page they end on. */
  logIn(browser: Browser, person: string | null, returnTo?: string): Promise<Page>;
  /** A browser in which somebody is logged in. */
  person(name: string): Promise<Browser>;
  close(): Promise<void>;
}

/** The API behind one proxy, with login at a real provider, and two organizations. */
export async function startLoginWorld(): Promise<LoginWorld> {
  const provider = await startProvider(OURS);
  for (const [subject, claims] of Object.entries(PEOPLE)) provider.people.set(subject, claims);
  const yamlWith = (roles: readonly object[]): string => JSON.stringify({ login: { ...login, roles } });
  const login = {
    issuer: provider.issuer,
    clientId: CLIENT.id,
    clientSecret: CLIENT.secret,
    publicUrl: OURS,
    scopes: ['openid', 'profile', 'email', 'groups'],
    sessionHours: 12,
    idleMinutes: 60,
  };
  const fixture = await startApi({ yaml: yamlWith(ROLES), env: { TRUST_PROXY: '1' } });
  for (const tag of ['alder', 'birch']) await seedTagged(fixture.db, tag);
  const world: LoginWorld = {
    fixture,
    provider,
    yamlWith,
    browser: () => new Browser(fixture.api.app, OURS),
    until: async (browser, person, address = '/v1/login') => {
      provider.person = person;
      const { location } = await browser.follow(address, (next) => !next.startsWith(CALLBACK));
      if (location === null) throw new Error('The way does not lead to the callback.');
      return location;
    },
    logIn: async (browser, person, returnTo = '/v1/me') => {
      provider.person = person;
      return browser.follow(`/v1/login?return_to=${encodeURIComponent(returnTo)}`);
    },
    person: async (name) => {
      const browser = world.browser();
      await world.logIn(browser, name);
      if (browser.cookie(SESSION_COOKIE) === undefined) throw new Error(`${name} was not logged in.`);
      return browser;
    },
    close: async () => {
      await fixture.close();
      await provider.close();
    },
  };
  return world;
}
