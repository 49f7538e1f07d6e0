import type { Notification, NotifiedMetric, NotifiedSite } from './notification.js';

const AT = Date.UTC(2026, 2, 2, 12, 14);
const SINCE = Date.UTC(2026, 2, 2, 12);

/** Names as they come from people who mean no good, or from far away. */
export const HOSTILE_NAMES: readonly string[] = [
  '<script>alert(1)</script><img src=x onerror=alert(2)>',
  'Alpha\r\nBcc: victim@example.com\r\n\r\nbody',
  'Café 東京 🏪👩‍👩‍👧 Größe',
  '\u202eevil gnp.exe\u202c و متجر الرياض',
  `Long ${'x'.repeat(10_000)}`,
  `${'👾'.repeat(2_000)}`,
  '" onmouseover="alert(1)',
  'a\u0000b\u2028c\ud800d',
];

export const siteOf = (name: string, over: Partial<NotifiedSite> = {}): NotifiedSite => ({
  name,
  severity: 'critical',
  since: SINCE,
  resolvedAt: null,
  isNew: true,
  what: ['Coverage 61.2% critical', 'Roaming 75.0% major'],
  ...over,
});

export const metricOf = (
  title: string,
  siteNames: readonly string[],
  classifiers = ['DHCP Nack', 'Association'],
): NotifiedMetric => ({
  title,
  total: siteNames.length,
  rows: siteNames.map((siteName, i) => ({
    siteName,
    severity: 'critical',
    score: 0.612,
    classifiers: classifiers.map((name, j) => ({
      name,
      degradedPct: [25, 12.5, 3, 0][(i + j) % 4] ?? 0,
      numUsers: 30,
      numAps: j === 0 ? 4 : null,
    })),
  })),
});

/** A small SLE incident; a spec names only what it is about. */
export const notificationOf = (over: Partial<Notification> = {}): Notification => ({
  orgId: 'org-1',
  orgName: 'Example Retail',
  incidentId: 17,
  step: 1,
  reason: 'opened',
  severity: 'critical',
  title: 'Alpha: service levels critical',
  openedAt: SINCE,
  at: AT,
  siteCount: 1,
  sites: [siteOf('Alpha')],
  metrics: [metricOf('Coverage', ['Alpha'])],
  reportUrl: 'https://mistwatch.example.com/v1/orgs/org-1/reports/summary',
  alertsUrl: 'https://mistwatch.example.com/v1/orgs/org-1/alerts',
  ackUrl: 'https://mistwatch.example.com/ack/example-link',
  runbookUrl: 'https://wiki.example.com/runbooks/service-levels?from=mail&lang=en',
  ...over,
});

const SLE_TITLES = ['Time to Connect', 'Successful Connect', 'Coverage', 'Roaming', 'Throughput', 'Capacity', 'AP Health'];
const NINE = Array.from({ length: 9 }, (_, i) => `Capacity Cause Number ${i}`);

/** Thousands of sites down to 200 kept, seven tables, nine classifiers each. */
export function hugeNotification(
  nameOf = (i: number): string => `Store ${i} of a customer with a rather long site name, Example Town`,
): Notification {
  const names = Array.from({ length: 200 }, (_, i) => nameOf(i));
  return notificationOf({
    title: '3208 sites: service levels critical',
    siteCount: 3_208,
    sites: names.map((name) => siteOf(name, { what: SLE_TITLES.map((title) => `${title} 61.2% critical`) })),
    metrics: SLE_TITLES.map((title) => ({ ...metricOf(title, names.slice(0, 25), NINE), total: 3_208 })),
  });
}
