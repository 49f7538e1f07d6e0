import { MATCHER_KEYS, matches, parseMatcher, type AlertMatcher, type AlertSubject } from './matcher.js';

const SUBJECT: AlertSubject = {
  rule: 'circuit-down',
  severity: 'major',
  org: 'org-1',
  site: 'site-1',
  region: 'North',
  storeType: 'flagship',
  circuits: ['5c5b35000001:ge-0/0/0'],
  providers: ['Carrier A'],
  metrics: ['latency'],
};

const FITTING: Required<AlertMatcher> = {
  rules: ['site-down', 'circuit-down'],
  severities: ['major'],
  orgs: ['org-1'],
  regions: ['South', 'North'],
  storeTypes: ['flagship'],
  sites: ['site-1'],
  providers: ['Carrier A'],
  circuits: ['5c5b35000001:ge-0/0/0'],
  metrics: ['latency', 'loss'],
};

describe('a matcher', () => {
  it('without keys fits everything', () => {
    expect(matches({}, SUBJECT)).toBe(true);
  });

  it('fits when every given key does', () => {
    expect(matches(FITTING, SUBJECT)).toBe(true);
  });

  it.each(MATCHER_KEYS)('does not fit when only %s does not', (key) => {
    const other = key === 'severities' ? ['critical'] : ['something else'];
    expect(matches({ ...FITTING, [key]: other }, SUBJECT)).toBe(false);
    expect(matches({ [key]: FITTING[key] }, SUBJECT)).toBe(true);
  });

  it.each([
    ['info', true],
    ['major', true],
    ['critical', false],
  ] as const)('takes severity %s as the least that fits a major one', (severity, fits) => {
    expect(matches({ severities: [severity] }, SUBJECT)).toBe(fits);
  });

  it('of a site or a provider does not fit what is about neither', () => {
    const subject = { ...SUBJECT, site: null, region: null, providers: [], circuits: [] };
    for (const key of ['sites', 'regions', 'providers', 'circuits'] as const)
      expect(matches({ [key]: FITTING[key] }, subject)).toBe(false);
  });
});

describe('reading a matcher', () => {
  it('gives back what can be used', () => {
    expect(parseMatcher(FITTING, { rules: ['site-down', 'circuit-down'] })).toEqual({ matcher: FITTING, faults: [] });
  });

  it.each<[unknown, string]>([
    [null, ''],
    [['sle'], ''],
    ['everything', ''],
    [{ site: ['a'] }, 'site'],
    [{ sites: 'a' }, 'sites'],
    [{ sites: [] }, 'sites'],
    [{ sites: [1] }, 'sites'],
    [{ sites: [' '] }, 'sites'],
    [{ sites: ['x'.repeat(401)] }, 'sites'],
    [{ sites: Array.from({ length: 1001 }, (_, i) => `site-${i}`) }, 'sites'],
    [{ severities: ['bad'] }, 'severities'],
    [{ rules: ['cirquit-down'] }, 'rules'],
    [{ __proto__: null, constructor: ['a'] }, 'constructor'],
  ])('refuses unusable input %#', (input, key) => {
    const { matcher, faults } = parseMatcher(input, { rules: ['sle'] });
    expect(matcher).toEqual({});
    expect(faults.map((fault) => fault.key)).toEqual([key]);
  });

  it('names every fault', () => {
    expect(parseMatcher({ sites: [], severities: ['bad'] }).faults).toHaveLength(2);
  });
});
