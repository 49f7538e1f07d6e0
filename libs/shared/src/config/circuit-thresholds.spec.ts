import { circuitThresholds, orgSubject, thresholdsOf } from './circuit-thresholds.js';
import { parseSettings } from './settings.js';

const yaml = `
orgs:
  - { id: auto, baseUrl: api.example.com, token: tok-0123456789 }
thresholds:
  default: { latency: { warning: 40 }, flaps: { warning: 3 } }
  orgs: { auto: { utilization: { warning: 60 }, coverage: { warning: 0.85 } } }
  regions: { North: { utilization: { major: 75 } } }
  circuits: { 02ab/ge-0/0/0: { utilization: { critical: 85 } } }
`;
const settings = parseSettings(yaml, {});

it('reaches the circuits of an organization that was found out from its token', () => {
  const subject = { ...orgSubject('org-found'), region: 'North', mac: '02ab', portId: 'ge-0/0/0' };
  expect(circuitThresholds(settings, subject)).toMatchObject({
    utilization: { warning: 60, major: 75, critical: 85 },
    latency: { warning: 40, major: 100, critical: 150 },
  });
});

it('knows the same organization for every other metric', () => {
  expect(thresholdsOf(settings, 'coverage', orgSubject('org-found'))).toMatchObject({ warning: 0.85, major: 0.8 });
  expect(thresholdsOf(settings, 'flaps', orgSubject('org-found'))).toEqual({ warning: 3, major: 5, critical: 10 });
});

it('leaves an organization with an entry of its own to that', () => {
  const own = parseSettings(`${yaml.replace('orgs: { auto:', 'orgs: { org-own: { latency: { warning: 30 } }, auto:')}`, {});
  expect(thresholdsOf(own, 'latency', orgSubject('org-own')).warning).toBe(30);
  expect(thresholdsOf(own, 'utilization', orgSubject('org-own')).warning).toBe(70);
});
