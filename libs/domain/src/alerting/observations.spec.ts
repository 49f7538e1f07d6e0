import type { Severity } from '../severity.js';
import { heldByUnknown, observationOfCircuit, observationOfSite, observationOfSle } from './observations.js';

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
