import { clipped } from '../notice.format.js';
import type { NotifiedMetric, NotifiedSite, Notification } from '../notification.js';

/** Receivers may rely on what a version has; new keys may come, none goes and none changes its meaning. */
export const WEBHOOK_VERSION = 1;

const MAX_NAME = 200;
const MAX_SITES = 200;
const MAX_ROWS = 25;

const timeOf = (at: number): string => new Date(at).toISOString();

/** What the body of a webhook says: names are those of Mist without control characters, times are RFC 3339 in UTC. */
export function webhookBody(notification: Notification, id: string): object {
  const { orgId, orgName, incidentId, step, reason, severity, title, openedAt, at, siteCount } = notification;
  const { reportUrl, alertsUrl, ackUrl, runbookUrl, sites, metrics } = notification;
  return {
    version: WEBHOOK_VERSION,
    type: `incident.${reason}`,
    id,
    timestamp: timeOf(at),
    data: {
      org: { id: orgId, name: clipped(orgName, MAX_NAME) },
      incident: {
        id: incidentId,
        step,
        severity,
        title: clipped(title, MAX_NAME),
        openedAt: timeOf(openedAt),
        isOver: reason === 'recovered',
      },
      siteCount,
      sites: sites.slice(0, MAX_SITES).map(siteOf),
      metrics: metrics.map(metricOf),
      links: { acknowledge: ackUrl, runbook: runbookUrl, report: reportUrl, alerts: alertsUrl },
    },
  };
}

const siteOf = ({ name, severity, since, resolvedAt, isNew, what }: NotifiedSite): object => ({
  name: clipped(name, MAX_NAME),
  severity,
  since: timeOf(since),
  resolvedAt: resolvedAt === null ? null : timeOf(resolvedAt),
  isNew,
  what: what.map((text) => clipped(text, MAX_NAME)),
});

const metricOf = ({ title, total, rows }: NotifiedMetric): object => ({
  title: clipped(title, MAX_NAME),
  siteCount: total,
  sites: rows.slice(0, MAX_ROWS).map(({ siteName, severity, score, classifiers }) => ({
    name: clipped(siteName, MAX_NAME),
    severity,
    score,
    classifiers: classifiers.map(({ name, degradedPct, numUsers, numAps }) => ({
      name: clipped(name, MAX_NAME),
      degradedPct,
      users: numUsers,
      aps: numAps,
    })),
  })),
});
