import { configItems } from './config-items.js';
import { parseSettings } from './settings.js';

const yaml = (password = 's3cret-word', address = 'anna@example.com'): string => `
rules:
  - { id: slow-links, name: Slow links, metric: utilization, threshold: 80, severity: major, match: { orgs: [org-alder, org-birch] } }
  - { id: birch-only, name: Birch, metric: loss, threshold: 5, severity: major, match: { orgs: [org-birch] } }
policies:
  - { id: office, steps: [{ to: ['person:anna'], repeatMinutes: 60 }] }
people: { anna: ['email:${address}'] }
thresholds: { orgs: { org-birch: { loss: { major: 3 } } }, sites: { birch-site: { loss: { major: 2 } } } }
login:
  issuer: https://login.example.com
  clientId: mistwatch
  clientSecret: ${password}-of-the-client
  publicUrl: https://mistwatch.example.com
  roles:
    - { claim: email, value: ${address}, role: operator, orgs: [org-alder] }
    - { claim: email, value: ${address}, role: admin, orgs: [org-birch] }
email: { smtpUrl: 'smtp://relay:${password}@mail.example.com:587', from: mistwatch@example.com, to: [noc@example.com] }
`;
const itemsOf = (text: string, org = 'org-alder') => configItems(parseSettings(text, {}), org);

describe('what the configuration says about alerts of an org', () => {
  const items = itemsOf(yaml());
  const text = JSON.stringify([...items]);

  it('has a name for each rule, policy and setting', () => {
    expect([...items.keys()]).toEqual(
      expect.arrayContaining(['rule:custom:slow-links', 'policy:office', 'people', 'email', 'alerts.repeatMinutes']),
    );
    expect(items.get('alerts.repeatMinutes')).toEqual({ shown: 240, hidden: null });
    expect(items.get('policy:office')?.shown).toMatchObject({ steps: [{ to: ['person:anna'] }] });
  });

  it('leaves out what is about other orgs, and their names', () => {
    expect(items.has('rule:custom:birch-only')).toBe(false);
    expect(items.get('rule:custom:slow-links')?.shown).toMatchObject({ match: { orgs: ['org-alder'] } });
    expect(items.get('thresholds.org')?.shown).toEqual({});
    expect(text).not.toContain('birch');
    const birch = itemsOf(yaml(), 'org-birch');
    expect(birch.has('rule:custom:birch-only')).toBe(true);
    expect(items.get('login.roles')?.shown).toEqual([{ claim: 'email', role: 'operator' }]);
    expect(birch.get('thresholds.org')?.shown).toEqual({ loss: { major: 3 } });
  });

  it('shows no secret and no address, and is another when one of them changes', () => {
    expect(text).not.toMatch(/s3cret-word|example\.com/);
    const changed = (other: string): string[] =>
      [...itemsOf(other)].filter(([name, item]) => item.hidden !== items.get(name)?.hidden).map(([name]) => name);
    expect(changed(yaml('an0ther-word'))).toEqual(['email', 'login']);
    expect(changed(yaml('s3cret-word', 'bo@example.com'))).toEqual(['people', 'login.roles']);
    expect(changed(yaml())).toEqual([]);
  });
});
