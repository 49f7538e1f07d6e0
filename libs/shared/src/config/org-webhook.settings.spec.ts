import { ConfigError } from './config.error.js';
import { describeSettings, parseSettings } from './settings.js';

const org = (lines: string): string => `
orgs:
  - id: org-1
    baseUrl: api.example.com
    token: tok-0123456789
    webhook:
${lines
  .split('\n')
  .map((line) => `      ${line}`)
  .join('\n')}
`;

function faultsOf(lines: string): string[] {
  try {
    parseSettings(org(lines), {});
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
}

const SECRET = 'a-secret-of-the-hook';

describe('orgs[].webhook', () => {
  it('takes a secret, an older one and an address', () => {
    const { orgs } = parseSettings(
      org(
        `secret: ${SECRET}\npreviousSecret: the-secret-before-it\nurl: https://mw.example.com/v1/hooks/mist/org-1\nmanage: true`,
      ),
      {},
    );
    expect(orgs[0]?.webhook).toEqual({
      secret: SECRET,
      previousSecret: 'the-secret-before-it',
      url: 'https://mw.example.com/v1/hooks/mist/org-1',
      manage: true,
    });
  });

  it('is managed by hand unless it says otherwise', () => {
    expect(parseSettings(org(`secret: ${SECRET}`), {}).orgs[0]?.webhook).toEqual({ secret: SECRET, manage: false });
  });

  it('never prints a secret', () => {
    const settings = parseSettings(org(`secret: ${SECRET}\npreviousSecret: the-secret-before-it`), {});
    expect(JSON.stringify(describeSettings(settings))).not.toMatch(/a-secret-of|the-secret-before/);
  });

  it.each([
    ['{}', 'orgs[0].webhook.secret: is missing'],
    ['secret: short', 'orgs[0].webhook.secret: should be a secret of at least 16 characters'],
    [`secret: ${SECRET}\nmanage: true`, 'orgs[0].webhook: should have a url, because manage is true'],
    [
      `secret: ${SECRET}\nurl: ftp://example.com`,
      'orgs[0].webhook.url: should be a URL like https://mistwatch.example.com/v1/hooks/mist/<org>',
    ],
    [
      `secret: ${SECRET}\nurl: https://me:pw@example.com/hook`,
      'orgs[0].webhook.url: should be a URL like https://mistwatch.example.com/v1/hooks/mist/<org>',
    ],
    [`secret: ${SECRET}\ntopic: alarms`, 'orgs[0].webhook.topic: unknown key; known are secret, previousSecret, url, manage'],
  ])('refuses %j', (lines, fault) => {
    expect(faultsOf(lines)).toEqual([fault]);
  });
});
