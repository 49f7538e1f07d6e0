import type { Severity } from '../severity.js';
import {
  heldByUnknown,
  observationOfCircuit,
  observationOfSite,
  observationOfSle,
  observationsOfFailover,
} from './observations.js';

const circuit = {
  siteId: 1,
  siteName: 'Alpha',
  circuitId: 9,
  circuitName: 'alpha:ge-0/0/0',
  at: 5,
};

describe('observationOfCircuit', () => {
  it.each([
    ['up', false, false],
    ['down', false, true],
    [null, false, null],
    ['down', true, false],
  ] as const)('state %s, disabled %s is breached %s', (state, disabled, breached) => {
    expect(observationOfCircuit({ ...circuit, state, disabled })).toMatchObject({ breached, subject: 'circuit:9' });
  });
});

describe('observationOfSite', () => {
  it.each<[string, (boolean | null)[], ('up' | 'down' | null)[], boolean | null]>([
    ['all gateways disconnected', [false, false], [null, null], true],
    ['all gateways disconnected, old states up', [false], ['up'], true],
    ['one gateway of two connected', [false, true], [null], false],
    ['no circuit up', [true], ['down', 'down'], true],
    ['one circuit up', [null], ['down', 'up'], false],
    ['nothing known', [null], [null], null],
    ['one down, one unknown', [null], ['down', null], null],
    ['no gateway, no circuit', [], [], null],
  ])('%s', (_, gateways, states, breached) => {
    const site = {
      siteId: 1,
      siteName: 'Alpha',
      at: 5,
      gateways: gateways.map((connected) => ({ connected })),
      circuits: states.map((state) => ({ state, disabled: false })),
    };
    expect(observationOfSite(site).breached).toBe(breached);
  });

  it('leaves disabled ports out', () => {
    const circuits = [
      { state: 'down', disabled: false },
      { state: 'up', disabled: true },
    ] as const;
    expect(
      observationOfSite({
        siteId: 1,
        siteName: 'Alpha',
        at: 5,
        gateways: [],
        circuits,
      }),
    ).toMatchObject({ breached: true, details: { cause: 'no-circuit-up' } });
  });
});

describe('observationOfSle', () => {
  const sle = (...severities: Severity[]) =>
    observationOfSle({
      siteId: 1,
      siteName: 'Alpha',
      at: 5,
      metrics: severities.map((severity, i) => ({
        metric: `m${i}`,
        score: severity === 'unknown' ? null : 0.5,
        severity,
      })),
    });

  it.each<[Severity[], boolean | null, Severity]>([
    [['info', 'warning'], false, 'warning'],
    [['info', 'major'], true, 'major'],
    [['critical', 'major', 'unknown'], true, 'critical'],
    [['unknown', 'unknown'], null, 'unknown'],
    [[], null, 'unknown'],
  ])('%j is breached %s, %s', (severities, breached, severity) => {
    expect(sle(...severities)).toMatchObject({ breached, severity });
  });

  it('lists the majors inside a critical one, worst first', () => {
    expect(sle('major', 'info', 'critical').details.metrics?.map(({ metric }) => metric)).toEqual(['m2', 'm0']);
  });

  it('does not resolve while the metric that fired is unknown', () => {
    const open = sle('critical', 'info').details;
    expect(heldByUnknown(sle('unknown', 'info'), open).breached).toBeNull();
    expect(heldByUnknown(sle('info', 'unknown'), open).breached).toBe(false);
  });
});

describe('observationsOfFailover', () => {
  const head = { siteId: 1, siteName: 'Alder Street', circuitId: 2, circuitName: 'main line', at: 1_000 };

  it('tells of a failover from its start', () => {
    const told = observationsOfFailover({ ...head, backup: { since: 400, name: 'spare line' } });
    expect(told.map(({ at, breached }) => [at, breached])).toEqual([
      [400, true],
      [1_000, true],
    ]);
    expect(told[0]).toMatchObject({
      rule: 'failover',
      subject: 'circuit:2',
      severity: 'major',
      details: { siteName: 'Alder Street', circuitName: 'main line', backupName: 'spare line' },
    });
  });

  it('tells once of one that begins now, and of none', () => {
    expect(observationsOfFailover({ ...head, backup: { since: 1_000, name: 'spare line' } })).toHaveLength(1);
    expect(observationsOfFailover({ ...head, backup: null })).toMatchObject([{ breached: false, at: 1_000 }]);
  });
});
