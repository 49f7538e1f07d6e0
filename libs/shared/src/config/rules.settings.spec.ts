import { ruleBook } from '@app/domain';
import { ruleBookOf } from './alert-rules.js';
import { ConfigError, formatFault } from './config.error.js';
import { parseSettings } from './settings.js';

const rulesOf = (yaml: string) => parseSettings(`rules:\n${yaml}`, {}).rules;
function faultsOf(yaml: string): string[] {
  try {
    rulesOf(yaml);
    return [];
  } catch (error) {
    if (error instanceof ConfigError)
      return error.faults.map(formatFault).map((line) => line.replace('config/mistwatch.yaml:', ''));
    throw error;
  }
}

describe('rules of the configuration', () => {
  it('are none unless given, and then the built-in ones hold', () => {
    const settings = parseSettings('', {});
    expect(settings.rules).toEqual([]);
    expect(ruleBookOf(settings).ids).toEqual(ruleBook().ids);
    expect(ruleBookOf(settings).of('trend', null).isEnabled).toBe(false);
  });

  it('say what they are about, when they begin and when they end', () => {
    expect(
      rulesOf(
        '  - { id: lte-busy, name: LTE busy, metric: utilization, thresholds: { warn: 50, critical: 80 }, clearThreshold: 40, badCount: 3, ' +
          'goodCount: 4, forMinutes: 120, noData: alert, match: { providers: [LTE Co], sites: [s1, s2] }, runbookUrl: "https://wiki.example.com/lte" }\n' +
          '  - { id: worn, metric: availability, hours: 24, threshold: 99, severity: critical }',
      ),
    ).toEqual([
      {
        id: 'custom:lte-busy',
        name: 'LTE busy',
        metric: 'utilization',
        thresholds: { warning: 50, critical: 80 },
        clearThreshold: 40,
        noData: 'alert',
        match: { providers: ['LTE Co'], sites: ['s1', 's2'] },
        runbookUrl: 'https://wiki.example.com/lte',
        timing: { forMs: 7_200_000, fireAfterBad: 3, clearAfterGood: 4 },
      },
      { id: 'custom:worn', metric: 'availability', trailingHours: 24, thresholds: { critical: 99 }, severity: 'critical' },
    ]);
  });

  it('change built-in ones key by key, the later entry before the earlier, where they match', () => {
    const book = ruleBook(
      rulesOf(
        '  - { id: congestion, badCount: 3, runbookUrl: "https://wiki.example.com/busy" }\n' +
          '  - { id: congestion, enabled: false, match: { storeTypes: [lab] } }\n' +
          '  - { id: trend, enabled: true, match: { regions: [North] } }',
      ),
    );
    const subject = {
      rule: 'congestion',
      severity: 'major',
      org: 'o',
      site: 's',
      region: 'North',
      circuits: [],
      providers: [],
      metrics: [],
    } as const;
    expect(book.of('congestion', { ...subject, storeType: 'shop' })).toMatchObject({
      isEnabled: true,
      timing: { fireAfterBad: 3 },
    });
    expect(book.of('congestion', { ...subject, storeType: 'lab' })).toMatchObject({
      isEnabled: false,
      timing: { fireAfterBad: 3 },
    });
    expect(book.of('trend', null).isEnabled).toBe(false);
    expect([book.isAnywhere('trend'), book.isScoped('trend'), book.isScoped('quality')]).toEqual([true, true, false]);
    expect(book.of('trend', { ...subject, storeType: null }).isEnabled).toBe(true);
  });

  it('are refused with what is wrong and how to mend it', () => {
    expect(
      faultsOf(
        [
          '  - { id: Bad Id, metric: utilization, threshold: 5 }',
          '  - { id: congestions }',
          '  - { id: a, metric: utilisation, threshold: 5 }',
          '  - { id: b, metric: availability, thresholds: { warning: 99, critical: 99.9 } }',
          '  - { id: b, metric: loss, threshold: 1, clearThreshold: 2 }',
          '  - { id: quality, thresholds: { warning: 1 } }',
          '  - { id: c, metric: loss, threshold: 1, match: { rules: [sle], colour: [red] } }',
          '  - { id: d, metric: loss }',
          '  - { id: e, metric: "trend:loss", threshold: 1 }',
          '  - { id: f, metric: latency, hours: 3, threshold: 9, runbookUrl: "javascript:alert(1)" }',
          '  - { id: site-down, badCount: 2, noData: alert }',
          '  - { id: g, metric: loss, thresholds: {} }',
        ].join('\n'),
      ),
    ).toMatchInlineSnapshot(`
     [
       "2 rules[0].id: should be lower case letters, digits and hyphens, at most 63",
       "3 rules[1].metric: is missing: what is the rule about? (or is a built-in rule meant; did you mean "congestion"?)",
       "4 rules[2].metric: should be one of utilization, loss, jitter, latency, availability, flaps, time-to-connect, successful-connect, coverage, roaming, throughput, capacity, ap-health, gateway-health, wan-link-health, application-health, trend:utilization, trend:utilization_max, trend:utilization_p95, trend:loss, trend:jitter, trend:latency, trend:availability, trend:flaps",
       "5 rules[3].thresholds: should be warning > major > critical",
       "6 rules[4].id: two rules have the id b; only built-in rules (sle, circuit-down, site-down, failover, congestion, quality, flapping, device-offline, no-data, collector-stopped, token-trouble, trend, health-drop) may be given again",
       "6 rules[4].clearThreshold: should be at most 1, where the alert begins",
       "7 rules[5].thresholds: quality has no threshold of its own; set those of its figures under thresholds:, or write a rule of your own",
       "8 rules[6].match.colour: is no key of a matcher; use any of rules, severities, orgs, regions, storeTypes, sites, providers, circuits, metrics",
       "9 rules[7].thresholds: is missing: give thresholds: { warning, major, critical } (any of them), or threshold and severity",
       "10 rules[8].threshold: a trend has no threshold; see trends.degradationPercent",
       "11 rules[9].runbookUrl: should be a URL like https://wiki.example.com/runbooks/congestion",
       "11 rules[9].hours: is for availability and flaps",
       "12 rules[10].noData: is for rules about figures",
       "12 rules[10].badCount: site-down counts nothing; use forMinutes and clearForMinutes",
       "13 rules[11].thresholds: should have at least one level",
     ]
    `);
  });
});
