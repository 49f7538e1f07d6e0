import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SLE_METRICS } from '@app/domain';
import { ConfigError, formatFault } from './config.error.js';
import { checkSettings, describeSettings, parseSettings } from './settings.js';

const FILE = fileURLToPath(new URL('../../../../config/mistwatch.yaml', import.meta.url));
const org = (more = '') => `orgs:\n  - id: o1\n    baseUrl: api.example.com\n    token: tok-0123456789\n${more}`;

function faultsOf(yaml: string, variables: Record<string, string> = {}): string[] {
  try {
    parseSettings(yaml, variables, 'x.yaml');
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map(formatFault);
    throw error;
  }
}

describe('settings', () => {
  it('have defaults for everything but the orgs', () => {
    const settings = parseSettings(org(), {});
    expect(settings.orgs).toEqual([
      { id: 'o1', baseUrl: 'https://api.example.com', token: 'tok-0123456789', reportingTimezone: 'UTC', enabled: true },
    ]);
    expect(settings.collect).toMatchObject({
      pageSize: 1000,
      sleWindow: '1h',
      budget: { callsPerHour: 5000, usePercent: 80, scope: 'token' },
    });
    expect(settings.collect.intervalsSeconds).toMatchObject({ sites: 3600, 'wan-ports': 300, 'sle-wifi': 900 });
    expect(settings.facts).toEqual({ maxGapMinutes: 60, disconnectedCountsAs: 'unknown' });
    expect(settings.alerts).toMatchObject({ groupWaitSeconds: 30, repeatMinutes: 240, flappingTransitions: 4 });
    expect(settings.thresholds).toEqual({ default: {}, orgs: {}, regions: {}, storeTypes: {}, sites: {}, circuits: {} });
    expect(settings).not.toHaveProperty('email');
    expect(parseSettings('', {}).orgs).toEqual([]);
  });

  it('weigh service levels by their names, and one of them at least', () => {
    expect(
      parseSettings('health: { weights: { roaming: 0, coverage: 2.5 } }\ntrends: { degradationPercent: 10 }', {}),
    ).toMatchObject({
      health: { weights: { roaming: 0, coverage: 2.5 }, dropPoints: 10 },
      trends: { degradationPercent: 10 },
    });
    expect(faultsOf('health: { weights: { roming: 1 } }')).toEqual([
      'x.yaml:1 health.weights.roming: unknown key; did you mean "roaming"?',
    ]);
    const all = SLE_METRICS.map(({ id }) => `${id}: 0`);
    expect(faultsOf(`health: { weights: { ${all.join(', ')} } }\ntrends: { degradationPercent: 0 }`)).toEqual([
      'x.yaml:2 trends.degradationPercent: should be a number >= 0.1 and <= 100',
      'x.yaml:1 health.weights: at least one weight should be above 0',
    ]);
  });

  it('of the committed example are valid and show what the defaults are', () => {
    expect(checkSettings(FILE, {})).toEqual([]);
    const example = parseSettings(readFileSync(FILE, 'utf8'), {});
    const { collect, facts, trends, health, alerts } = parseSettings('', {});
    expect(example).toMatchObject({ collect, facts, trends, health, alerts });
  });

  it('name the path and the line of an unknown key, and what was meant', () => {
    expect(faultsOf(org('    tokn: x\n    enabled: yes please\ncolect: {}\n'))).toEqual([
      'x.yaml:7 colect: unknown key; did you mean "collect"?',
      'x.yaml:5 orgs[0].tokn: unknown key; did you mean "token"?',
      'x.yaml:6 orgs[0].enabled: should be true or false',
    ]);
  });

  it('list every fault at once', () => {
    const yaml = `orgs:
  - id: o1
    baseUrl: "not a host"
    reportingTimezone: Mars/Olympus
  - id: o1
    baseUrl: http://127.0.0.1:9
    token: tok-0123456789
    regions: { groups: [a], prefix: b }
collect: { pageSize: 5000, sleWindow: 2h, intervalsSeconds: { wan-port: 5 } }
email: { smtpUrl: mail.example.com, from: nobody, to: [a@example.com] }
`;
    const faults = faultsOf(yaml).join('\n');
    for (const expected of [
      'x.yaml:3 orgs[0].baseUrl: should be a host like api.mist.com',
      'x.yaml:4 orgs[0].reportingTimezone: should be a time zone',
      'x.yaml:2 orgs[0].token: is missing',
      'x.yaml:8 orgs[1].regions: should have either groups or prefix',
      'two orgs have the id o1',
      'x.yaml:9 collect.pageSize: should be an integer >= 1 and <= 1000',
      'x.yaml:9 collect.sleWindow: should be one of 1h, 1d',
      'collect.intervalsSeconds.wan-port: unknown key; did you mean "wan-ports"?',
      'x.yaml:10 email.smtpUrl: should be a URL like smtp://',
      'x.yaml:10 email.from: should be an e-mail address',
    ])
      expect(faults).toContain(expected);
  });

  it('take secrets from the environment, and say which variable is missing', () => {
    const yaml =
      'orgs: [{ id: o1, baseUrl: "${HOST:-api.example.com}", token: "${TOKEN}" }]\ncollect: { concurrency: "${CALLS:-4}" }';
    expect(parseSettings(yaml, { TOKEN: 'tok-from-env' })).toMatchObject({
      orgs: [{ token: 'tok-from-env', baseUrl: 'https://api.example.com' }],
      collect: { concurrency: 4 },
    });
    expect(faultsOf(yaml)).toEqual(['x.yaml:1 orgs[0].token: the environment variable TOKEN is not set']);
  });

  it('take other names of the levels, and refuse thresholds out of order', () => {
    const settings = parseSettings(
      'thresholds: { default: { latency: { warn: 10, high: 20, critical: 30 } }, sites: { s1: { coverage: { critical: 50 } } } }',
      {},
    );
    expect(settings.thresholds.default).toEqual({ latency: { warning: 10, major: 20, critical: 30 } });
    expect(settings.thresholds.sites).toEqual({ s1: { coverage: { critical: 50 } } });
    expect(
      faultsOf(
        'thresholds:\n  default:\n    loss: { warning: 3, critical: 2 }\n    coverage: { warning: 70, critical: 90 }\n    los: {}',
      ),
    ).toEqual([
      expect.stringContaining('thresholds.default.los: unknown key; did you mean "loss"?'),
      expect.stringContaining('thresholds.default.loss: thresholds should be warning < major < critical'),
      expect.stringContaining('thresholds.default.coverage: thresholds should be warning > major > critical'),
    ]);
    expect(faultsOf('thresholds: { default: { loss: { warn: 1, warning: 2 } } }')[0]).toContain('warning is given twice');
  });

  it('print without secrets', () => {
    const yaml = `${org('    token2: tok-second-one\n')}email: { smtpUrl: "smtp://me:p%40ssw0rd-x@mail.example.com:587", from: a@example.com, to: [b@example.com] }`;
    const printed = JSON.stringify(describeSettings(parseSettings(yaml, {})));
    expect(printed).not.toMatch(/tok-|p%40ssw0rd|p@ssw0rd/);
    expect(printed).toContain('mail.example.com:587');
  });

  it('say where YAML is broken, and that a file is not there', () => {
    expect(faultsOf('orgs: [\n  {')[0]).toMatch(/^x\.yaml:\d+ not valid YAML/);
    expect(checkSettings('/nowhere/mistwatch.yaml', {}).map(formatFault)).toEqual([
      expect.stringContaining('cannot be read (ENOENT)'),
    ]);
  });
});
