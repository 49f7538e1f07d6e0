import { orgSettingsOf, type OrgSettings } from './org.settings.js';

const entry = (id: string): OrgSettings => ({
  id,
  baseUrl: 'https://api.example.com',
  token: 'tok-0123456789',
  reportingTimezone: 'UTC',
  enabled: true,
});
const idFor = (externalId: string, ...ids: string[]): string | undefined =>
  orgSettingsOf({ orgs: ids.map(entry) }, externalId)?.id;

describe('orgSettingsOf', () => {
  it('is the own entry of an org', () => {
    expect(idFor('b', 'a', 'b', 'auto')).toBe('b');
  });

  it('is the entry found out from its token when there is no own one', () => {
    expect(idFor('b', 'a', 'auto')).toBe('auto');
  });

  it('is nothing for an org the configuration says nothing of', () => {
    expect([idFor('b', 'a'), idFor('b'), idFor('b', 'auto', 'auto')]).toEqual([undefined, undefined, undefined]);
  });
});
