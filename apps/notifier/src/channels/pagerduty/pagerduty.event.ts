import type { NoticeReason, Severity } from '@app/domain';
import { clipped, headlineOf, linksOf, referenceOf, reasonText, siteStateOf, timeText } from '../notice.format.js';
import type { Notification } from '../notification.js';

/** What PagerDuty calls our severities. */
const SEVERITIES: Readonly<Record<Severity, string>> = {
  unknown: 'warning',
  info: 'info',
  warning: 'warning',
  major: 'error',
  critical: 'critical',
};

const ACTIONS: Readonly<Partial<Record<NoticeReason, string>>> = { recovered: 'resolve', acknowledged: 'acknowledge' };

const MAX_SUMMARY = 1_024;
const MAX_SITES = 50;

export interface EventIds {
  readonly routingKey: string;
  /** One alert there is one incident here. */
  readonly dedupKey: string;
  readonly noticeId: string;
}

/** An event of version 2: the first triggers, later ones renew it or say that it is taken, the last resolves it. */
export function pagerDutyEvent(notification: Notification, { routingKey, dedupKey, noticeId }: EventIds): object {
  const links = linksOf(notification);
  const client = links.find(({ text }) => text === 'All alerts')?.url;
  return {
    routing_key: routingKey,
    dedup_key: dedupKey,
    event_action: ACTIONS[notification.reason] ?? 'trigger',
    client: 'mistwatch',
    ...(client === undefined ? {} : { client_url: client }),
    links: links.map(({ url: href, text }) => ({ href, text })),
    payload: payloadOf(notification, noticeId),
  };
}

function payloadOf(notification: Notification, noticeId: string): object {
  const { severity, title, orgName, openedAt, at, siteCount, sites, reason } = notification;
  return {
    summary: clipped(`[${headlineOf(notification)}] ${clipped(title, 300)}`, MAX_SUMMARY),
    source: clipped(orgName, 200) || 'mistwatch',
    severity: SEVERITIES[severity],
    timestamp: new Date(at).toISOString(),
    component: sites.length === 1 ? clipped(sites[0]?.name ?? '', 200) : `${siteCount} sites`,
    class: reason,
    custom_details: {
      notice: noticeId,
      reference: referenceOf(notification),
      reason: reasonText(reason),
      since: timeText(openedAt),
      affected_sites: siteCount,
      sites: sites
        .slice(0, MAX_SITES)
        .map((site) => `${siteStateOf(site)} ${clipped(site.name, 80)}: ${clipped(site.what.slice(0, 3).join('; '), 240)}`),
    },
  };
}
