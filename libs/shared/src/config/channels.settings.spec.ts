import { ConfigError, formatFault } from './config.error.js';
import { describeSettings, parseSettings } from './settings.js';

const KEY = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

function faultsOf(yaml: string): string[] {
  try {
    parseSettings(yaml, {}, 'x.yaml');
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map(formatFault);
    throw error;
  }
}

const ALL = `channels:
  - { id: noc, type: slack, token: xoxb-example-token, channel: "#noc" }
  - { id: hook, type: slack, webhookUrl: https://hooks.example.com/services/T0/B0/very-secret-path }
  - { id: chat, type: teams, webhookUrl: https://flows.example.com/workflows/1?sig=very-secret-sig }
  - { id: own, type: webhook, url: https://receiver.example.com/in, secret: ${KEY}, headers: { X-Api-Key: very-secret-header } }
  - { id: duty, type: pagerduty, routingKey: very-secret-routing-key }
  - { id: tickets, type: jira, baseUrl: https://jira.example.com/, email: bot@example.com, token: very-secret-token, projectKey: NET,
      templates: { critical: { summary: "{org}: {title}", fields: { priority: { name: Blocker }, labels: [wan] } } } }
  - { id: snow, type: servicenow, baseUrl: https://snow.example.com, user: bot, password: very-secret-password }
`;

describe('channels', () => {
  it('of every kind are read, with their defaults', () => {
    const { channels } = parseSettings(ALL, {});
    expect(channels.map(({ id, type }) => `${id} ${type}`)).toEqual([
      'noc slack',
      'hook slack',
      'chat teams',
      'own webhook',
      'duty pagerduty',
      'tickets jira',
      'snow servicenow',
    ]);
    expect(channels[4]).toMatchObject({ eventsUrl: 'https://events.pagerduty.com/v2/enqueue', allowPrivate: false });
    expect(channels[5]).toMatchObject({
      baseUrl: 'https://jira.example.com',
      issueType: 'Task',
      templates: {
        critical: { summary: '{org}: {title}', fields: { priority: { name: 'Blocker' }, labels: ['wan'] } },
        major: { summary: '[{severity}] {title}', fields: { priority: { name: 'High' } } },
      },
    });
    expect(channels[6]).toMatchObject({
      table: 'incident',
      resolvedState: 6,
      templates: { critical: { fields: { urgency: '1' } } },
    });
    expect(parseSettings('', {}).channels).toEqual([]);
  });

  it('are printed without their secrets', () => {
    const printed = JSON.stringify(describeSettings(parseSettings(ALL, {})));
    expect(printed).not.toMatch(/very-secret|whsec_|xoxb-/);
    expect(printed).toContain('https://jira.example.com');
  });

  it('name what is wrong with them, and where', () => {
    const faults = faultsOf(`channels:
  - { id: a, type: slak }
  - { id: email, type: teams, webhookUrl: https://flows.example.com/1 }
  - { id: b, type: slack, token: xoxb-example-token }
  - { id: c, type: slack, token: xoxb-example-token, channel: x, webhookUrl: https://hooks.example.com/1 }
  - { id: d, type: webhook, url: http://receiver.example.com, secret: whsec_c2hvcnQ=, headers: { Webhook-Id: x, "a b": y, X-Ok: "ü" } }
  - { id: e, type: jira, baseUrl: https://me:pw@jira.example.com, email: a@example.com, token: some-token-1, projectKey: NET,
      templates: { critical: { summary: "{titel}" }, high: {} } }
  - { id: b, type: pagerduty, routingKey: some-routing-key, eventUrl: x }
`).join('\n');
    for (const expected of [
      'x.yaml:2 channels[0]: should have a type of slack, teams, webhook, pagerduty, jira, servicenow; did you mean "slack"?',
      'x.yaml:3 channels[1].id: should be small letters',
      'channels[2]: should have either webhookUrl, or token and channel',
      'channels[3]: should have either webhookUrl, or token and channel',
      'channels[4].url: should be https',
      'channels[4].secret: should be whsec_ and the base64 of 24 to 64 random bytes',
      'channels[4].headers.Webhook-Id: is set by mistwatch itself',
      'channels[4].headers."a b": is no name of a header',
      'channels[4].headers.X-Ok: should be plain ASCII',
      'channels[5].baseUrl: should be a URL like',
      'channels[5].templates.critical.summary: should be a text whose places to fill are of {severity}',
      'channels[5].templates.high: unknown key',
      'channels[6].eventUrl: unknown key; did you mean "eventsUrl"?',
      'channels: two channels have the id b',
    ])
      expect(faults).toContain(expected);
    expect(faults).not.toMatch(/xoxb-|some-token|c2hvcnQ/);
  });

  it('keep the address of a receiver to the letter', () => {
    const { channels } = parseSettings('channels: [{ id: a, type: teams, webhookUrl: https://flows.example.com/in/ }]', {});
    expect(channels[0]).toMatchObject({ webhookUrl: 'https://flows.example.com/in/' });
  });

  it('speak plain HTTP only where private networks are allowed', () => {
    const hook = (more: string) => `channels: [{ id: a, type: teams, webhookUrl: "http://10.0.0.1/x"${more} }]`;
    expect(faultsOf(hook(''))).toHaveLength(1);
    expect(faultsOf(hook(', allowPrivate: true'))).toEqual([]);
  });
});
