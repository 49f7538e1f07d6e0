import type { Severity } from '@app/domain';
import type { TicketTemplate, TicketTemplates } from '@app/shared';
import { clipped, fitting, headlineOf, sitesText, type NoticeLimits } from '../notice.format.js';
import { noticeLines } from '../notice.text.js';
import type { Notification } from '../notification.js';

const LIMITS: NoticeLimits = { sites: 60, rows: 5, columns: 4 };

/** How a ticket of this severity looks. */
export const templateOf = (templates: TicketTemplates, severity: Severity): TicketTemplate =>
  templates[severity === 'unknown' ? 'info' : severity];

/** The title of a ticket: one line, never empty. */
export function summaryOf(notification: Notification, { summary }: TicketTemplate, maxUnits: number): string {
  const { title, orgName, siteCount } = notification;
  const values: Readonly<Record<string, string>> = {
    severity: headlineOf(notification),
    title: clipped(title, 200),
    org: clipped(orgName, 80),
    sites: sitesText(siteCount),
  };
  return (
    clipped(
      summary.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? ''),
      maxUnits,
    ) || 'mistwatch'
  );
}

/** What the text of a ticket or of a comment says, without links. */
export function ticketText(notification: Notification, maxUnits: number): string {
  const lines = noticeLines(notification, LIMITS);
  const { text, count } = fitting(lines, maxUnits - 40);
  return count === lines.length ? text : `${text}\n... cut here: see the links.`;
}
