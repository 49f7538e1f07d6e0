import { ALERT_RULE_IDS, type AlertDetails, type AlertRuleId } from '@app/domain';
import { manyWordsOf, sentencesOf } from './rule-words.js';

const T0 = Date.UTC(2026, 2, 2, 8);
const circuit = { siteName: 'Alpha', circuitName: 'wan1' };

it.each<[AlertRuleId, AlertDetails, string]>([
  [
    'congestion',
    { ...circuit, metric: 'utilization', value: 91.26, threshold: 90 },
    'Circuit wan1 is congested: utilization 91.3 % (limit 90.0 %)',
  ],
  [
    'quality',
    { ...circuit, metric: 'loss', value: 1.254, threshold: 1 },
    'Circuit wan1 has bad quality: packet loss 1.25 % (limit 1.00 %)',
  ],
  ['flapping', { ...circuit, changes: 6 }, 'Circuit wan1 flaps: 6 changes between up and down within an hour'],
  ['device-offline', { siteName: 'Alpha', deviceName: 'gw-2' }, 'Gateway gw-2 is offline; another gateway of the site is up'],
  ['device-offline', { siteName: 'Alpha', offline: { count: 1, of: 12 } }, '1 of 12 access points and switches are offline'],
  ['no-data', { ...circuit, lastHeardAt: T0 }, 'Circuit wan1 sends no data since 2026-03-02 08:00 UTC, though Mist answers'],
  ['no-data', { siteName: 'Alpha', lastHeardAt: T0 }, 'The site sends no data since 2026-03-02 08:00 UTC, though Mist answers'],
  [
    'collector-stopped',
    { siteName: 'Org', kinds: ['wan-ports', 'gateways'] },
    'Nothing is collected of wan-ports, gateways: what is shown is old, and outages go unseen',
  ],
  ['token-trouble', { siteName: 'Org', trouble: 'Mist answers 401' }, 'The Mist API token has a problem: Mist answers 401'],
  [
    'trend',
    { ...circuit, metric: 'latency', value: 60, before: 20 },
    'Circuit wan1 gets worse from day to day: latency 60.0 ms (the day before 20.0 ms)',
  ],
  [
    'health-drop',
    { siteName: 'Alpha', metric: 'health', value: 74.06, before: 91, threshold: 10 },
    'Health fell to 74.1 points over the last 24 hours; the day before it was 91.0',
  ],
  [
    'custom:lte-busy',
    { ...circuit, ruleName: 'LTE is busy', metric: 'utilization', value: 55, threshold: 50 },
    'LTE is busy: circuit wan1, utilization 55.0 % (limit 50.0 %)',
  ],
  ['custom:wifi', { siteName: 'Alpha', metric: 'coverage', value: 0.612, threshold: 0.7 }, 'wifi: coverage 61.2% (limit 70.0%)'],
  [
    'custom:quiet',
    { ...circuit, metric: 'utilization', value: null, threshold: 50 },
    'quiet: circuit wan1, no data of utilization',
  ],
])('%s says what is wrong', (rule, details, sentence) => {
  expect(sentencesOf(rule, details, false)).toEqual([sentence]);
});

it('every rule has words for one and for many', () => {
  for (const rule of ALERT_RULE_IDS) {
    expect(manyWordsOf(rule)).not.toBe('');
    if (rule !== 'sle') expect(sentencesOf(rule, { siteName: 'Alpha' }, true)).toHaveLength(1);
  }
});
