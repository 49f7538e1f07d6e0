import { ConfigError, formatFault } from './config.error.js';
import { parseSettings } from './settings.js';

const BASE = `
email: { smtpUrl: 'smtp://127.0.0.1:25', from: a@example.com, to: [noc@example.com] }
people:
  anna: [email:anna@example.com]
  bo: [email:bo@example.com, email]
rotas:
  - { id: network, timezone: Europe/Berlin, from: '2026-01-05T09:00', members: [anna, bo, 'email:desk@example.com'] }
`;

const policies = (yaml: string) => parseSettings(`${BASE}policies:\n${yaml}`, {});

function faultsOf(yaml: string): string[] {
  try {
    parseSettings(yaml, {});
    return [];
  } catch (error) {
    if (error instanceof ConfigError)
      return error.faults.map(formatFault).map((line) => line.replace('config/mistwatch.yaml:', ''));
    throw error;
  }
}

const faultsOfPolicy = (policy: string): string[] => faultsOf(`${BASE}policies:\n  - { id: p, ${policy} }\n`);
const STEPS = 'steps: [{ to: [everybody] }]';

describe('who is told', () => {
  it('is everybody at once unless a policy says otherwise', () => {
    const settings = parseSettings('', {});
    expect(settings).toMatchObject({ people: {}, rotas: [], policies: [], limits: { perDestinationPerHour: 60 } });
  });

  it('is read with steps, rotas, working hours and digests', () => {
    const settings = policies(`
  - id: night
    match: { rules: [site-down], severities: [critical] }
    ackTimeoutMinutes: 45
    steps:
      - { to: ['rota:network'], repeatMinutes: 10, repeats: 2 }
      - { afterMinutes: 30, to: ['person:anna', email, everybody] }
    workingHours: { timezone: Europe/Berlin, days: [mo, fr], from: '08:30', to: '17:00', below: critical }
    digest: { at: '08:00', timezone: Europe/Berlin, below: warning }
`);
    expect(settings.rotas[0]).toMatchObject({ id: 'network', from: Date.UTC(2026, 0, 5, 8), turnDays: 7 });
    expect(settings.policies).toEqual([
      {
        id: 'night',
        match: { rules: ['site-down'], severities: ['critical'] },
        steps: [
          { afterMs: 0, to: ['rota:network'], repeatMs: 600_000, repeats: 2 },
          { afterMs: 1_800_000, to: ['person:anna', 'email', 'everybody'], repeatMs: null, repeats: null },
        ],
        ackTimeoutMs: 2_700_000,
        workingHours: { timezone: 'Europe/Berlin', days: ['mo', 'fr'], fromMinute: 510, toMinute: 1020, below: 'critical' },
        digest: { minute: 480, timezone: 'Europe/Berlin', below: 'warning' },
      },
    ]);
  });

  it.each([
    ['steps: []', 'policies[0].steps: should name at least one'],
    ['steps: [{ to: [] }]', 'policies[0].steps[0].to: should name at least one'],
    ['steps: [{ to: [slak] }]', 'there is no channel "slak"'],
    ['steps: [{ to: ["email:nobody"] }]', 'should be email:name@example.com'],
    ['steps: [{ to: ["rota:netwrk"] }]', 'there is no rota "netwrk"; did you mean "network"?'],
    ['steps: [{ to: ["person:ana"] }]', 'there is no person "ana"; did you mean "anna"?'],
    ['steps: [{ afterMinutes: 9, to: [email] }, { to: [email] }]', 'in the order of their afterMinutes'],
    [`${STEPS}, match: { rule: [sle] }`, 'is no key of a matcher'],
    [`${STEPS}, match: { rules: [site-dwn] }`, '"site-dwn" is no rule'],
    [`${STEPS}, match: { rules: ["custom:mine"] }`, '"custom:mine" is no rule'],
    [`${STEPS}, workingHours: { timezone: Moon, from: "08:00", to: "17:00" }`, 'should be a time zone'],
    [`${STEPS}, workingHours: { timezone: UTC, from: "8", to: "17:00" }`, 'should be a time like "08:30"'],
    [`${STEPS}, workingHours: { timezone: UTC, days: [], from: "08:00", to: "17:00" }`, 'days: should name at least one'],
    [`${STEPS}, digest: { at: "25:00", timezone: UTC }`, 'should be a time like "08:30"'],
    [`${STEPS}, ackTimeoutMinutes: 0`, 'should be an integer >= 1'],
    [`${STEPS}, escalate: true`, 'unknown key'],
  ])('refuses %s', (policy, message) => {
    expect(faultsOfPolicy(policy).join('\n')).toContain(message);
  });

  it.each([
    ['policies: [{ id: default, steps: [{ to: [everybody] }] }]', 'the id default is taken'],
    ['rotas: [{ id: r, timezone: UTC, from: monday, members: ["email:a@example.com"] }]', 'should be a local time'],
    ['rotas: [{ id: r, timezone: UTC, from: "2026-01-05T09:00", members: [] }]', 'members: should name at least one'],
    ['rotas: [{ id: r, timezone: UTC, from: "2026-01-05T09:00", members: [zoe] }]', 'there is no person "zoe"'],
    ['people: { anna: ["rota:r"] }', 'there is no channel "rota"'],
    ['limits: { perDestinationPerHour: 0 }', 'should be an integer >= 1'],
  ])('refuses the file %s', (yaml, message) => {
    expect(faultsOf(yaml).join('\n')).toContain(message);
  });
});
