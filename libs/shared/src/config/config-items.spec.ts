import { configItems } from './config-items.js';
import { parseSettings } from './settings.js';

const YAML = `
rules:
  - { id: slow-links, name: Slow links, metric: utilization, threshold: 80, severity: major }
  - { id: birch-only, name: Birch, metric: loss, threshold: 5, severity: major, match: { orgs: [org-birch] } }
policies:
  - { id: office, steps: [{ to: ['person:anna'], repeatMinutes: 60 }] }
people: { anna: ['email:anna@example.com'] }
thresholds: { orgs: { org-birch: { loss: { major: 3 } } }, sites: { birch-site: { loss: { major: 2 } } } }
email: { smtpUrl: 'smtp://relay:s3cret-word@mail.example.com:587', from: mistwatch@example.com, to: [noc@example.com] }
`;

describe('what the configuration says about alerts of an org', () => {
  const items = configItems(parseSettings(YAML, {}), 'org-alder');

  it('has a name for each rule, policy, person and setting', () => {
    expect(Object.keys(items)).toEqual(
      expect.arrayContaining(['rule:custom:slow-links', 'policy:office', 'person:anna', 'email', 'alerts.repeatMinutes']),
    );
    expect(items['alerts.repeatMinutes']).toBe(240);
    expect(items['person:anna']).toEqual(['email:anna@example.com']);
  });

  it('leaves out what is about other orgs alone', () => {
    expect(Object.keys(items)).not.toContain('rule:custom:birch-only');
    expect(items['thresholds.org']).toEqual({});
    expect(JSON.stringify(items)).not.toContain('birch');
    const birch = configItems(parseSettings(YAML, {}), 'org-birch');
    expect(Object.keys(birch)).toContain('rule:custom:birch-only');
    expect(birch['thresholds.org']).toEqual({ loss: { major: 3 } });
  });

  it('holds no secret', () => {
    expect(JSON.stringify(items)).not.toContain('s3cret-word');
    expect(JSON.stringify(items)).toContain('mail.example.com');
  });
});
