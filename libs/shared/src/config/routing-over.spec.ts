import { ConfigError, formatFault } from './config.error.js';
import { parseRouting, readSections } from './routing-over.js';
import { parseSettings } from './settings.js';

const settings = parseSettings(
  JSON.stringify({
    email: { smtpUrl: 'smtp://127.0.0.1:1', from: 'a@example.com', to: ['a@example.com'] },
    channels: [
      { id: 'jira', type: 'jira', baseUrl: 'https://example.com', email: 'a@example.com', token: '$' + '{x', projectKey: 'NET' },
    ],
    people: { anna: ['email:anna@example.com'] },
    rotas: [{ id: 'network', timezone: 'Europe/Berlin', from: '2026-01-05T09:00', members: ['anna'] }],
    policies: [{ id: 'old', steps: [{ to: ['jira'] }] }],
    rules: [{ id: 'busy', metric: 'utilization', threshold: 80 }],
    alerts: { repeatMinutes: 60 },
  }),
  {},
);
const read = (text: string) => parseRouting(settings, readSections(text, 'try.yaml'), 'try.yaml');
const faultsOf = (text: string): string[] => {
  try {
    read(text);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map(formatFault);
    throw error;
  }
};

describe('routing that is tried', () => {
  it('replaces the sections that are given, and knows the names of the others', () => {
    const tried = read(
      'policies: [{ id: new, match: { rules: [custom:busy] }, steps: [{ to: [rota:network, person:anna, jira, email] }] }]',
    );
    expect(tried.policies.map(({ id }) => id)).toEqual(['new']);
    expect(tried.rotas).toBe(settings.rotas);
    expect(tried).toMatchObject({
      people: settings.people,
      silences: null,
      notices: { groupWaitMs: 30_000, repeatMs: 3_600_000 },
    });
  });

  it('takes single times of alerts, and silences', () => {
    const silence = "{ match: { sites: [s1] }, from: '2026-03-01T00:00:00Z', to: '2026-03-02T00:00:00Z' }";
    const tried = read(`alerts: { groupWaitSeconds: 90 }\nsilences: [${silence}]`);
    expect(tried.notices).toEqual({ groupWaitMs: 90_000, groupIntervalMs: 300_000, repeatMs: 3_600_000 });
    expect(tried.silences).toEqual([{ matcher: { sites: ['s1'] }, from: Date.UTC(2026, 2, 1), to: Date.UTC(2026, 2, 2) }]);
    expect(tried.policies).toBe(settings.policies);
    expect(read('silences: []').silences).toEqual([]);
  });

  it.each([
    ['', 'try.yaml should be sections'],
    ['{}', 'nothing to try'],
    ['rules: []', 'rules: is no section of this'],
    ['alerts: { siteDownForSeconds: 5 }', 'alerts.siteDownForSeconds: cannot be tried'],
    ['policies: [{ id: p, steps: [{ to: [rota:none] }] }]', 'there is no rota "none"'],
    ['policies: [{ id: p, steps: [{ to: [pager] }] }]', 'there is no channel "pager"'],
    ['silences: [{ match: { colour: [red] }, from: x, to: y }]', 'silences[0].match.colour: is no key of a matcher'],
    ['silences: {}', 'silences: should be a list'],
    ['[', 'not valid YAML'],
  ])('refuses %j', (text, message) => {
    expect(faultsOf(text).join('\n')).toContain(message);
  });
});
