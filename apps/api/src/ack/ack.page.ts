import type { Severity } from '@app/domain';
import { escaped, renderContent, type PageContent } from '../http/page.js';

/** What a page about a link shows of its incident. */
export interface AckedIncident {
  readonly orgName: string;
  readonly title: string;
  readonly severity: Severity;
  readonly openedAt: Date;
  readonly openAlerts: number;
  readonly resolvedAt: Date | null;
  /** Who has it; `null` = nobody. */
  readonly ackedBy: string | null;
  readonly ackedAt: Date | null;
}

/** What there is to say to the holder of a link. */
export type AckPage =
  | { readonly is: 'ask' | 'done' | 'over'; readonly incident: AckedIncident; readonly destination: string }
  | { readonly is: 'used'; readonly incident: AckedIncident; readonly destination: string; readonly usedAt: Date }
  | { readonly is: 'expired'; readonly expiredAt: Date }
  | { readonly is: 'forged' | 'gone' | 'too-many' };

const STATUS: Readonly<Record<AckPage['is'], number>> = {
  ask: 200,
  done: 200,
  over: 200,
  used: 200,
  expired: 410,
  gone: 410,
  forged: 404,
  'too-many': 429,
};

export const statusOfPage = (page: AckPage): number => STATUS[page.is];

/** The page of a link. */
export const renderPage = (page: AckPage): string => renderContent(contentOf(page));

function contentOf(page: AckPage): PageContent {
  switch (page.is) {
    case 'ask':
      return { heading: 'Take this incident?', tone: page.incident.severity, body: askBody(page) };
    case 'done':
      return {
        heading: 'You have taken this incident',
        tone: 'good',
        body: `${facts(page.incident)}<p>Reminders and escalation stop until it is over, gets worse, or the acknowledgement runs out. Acknowledged as ${escaped(page.destination)}.</p>`,
      };
    case 'over':
      return {
        heading: 'This incident is over',
        tone: 'good',
        body: `${facts(page.incident)}<p>There is nothing to take any more.</p>`,
      };
    case 'used':
      return { heading: 'This link has been used', tone: page.incident.severity, body: usedBody(page) };
    case 'expired':
      return {
        heading: 'This link has expired',
        tone: 'none',
        body: `<p>It held until ${time(page.expiredAt)}. Use the link of a newer notice, or the list of incidents.</p>`,
      };
    case 'gone':
      return { heading: 'This incident is no longer kept', tone: 'none', body: '<p>There is nothing to take any more.</p>' };
    case 'forged':
      return {
        heading: 'This link is not valid',
        tone: 'none',
        body: '<p>It is incomplete, or not one of ours. Open the link of the notice again; mail programs sometimes break long ones.</p>',
      };
    case 'too-many':
      return { heading: 'Too many requests', tone: 'none', body: '<p>Wait a minute, then open the link again.</p>' };
  }
}

function askBody({ incident, destination }: { incident: AckedIncident; destination: string }): string {
  const holder =
    incident.ackedBy === null
      ? ''
      : `<p>${escaped(incident.ackedBy)} has had it since ${time(incident.ackedAt)}. If you take it, it is yours.</p>`;
  return `${facts(incident)}${holder}
<p>Nothing has happened yet. If you take it, reminders and escalation stop until it is over, gets worse, or the acknowledgement runs out.
It is taken as ${escaped(destination)}.</p>
<form method="post"><button type="submit">Acknowledge</button></form>`;
}

function usedBody({ incident, destination, usedAt }: { incident: AckedIncident; destination: string; usedAt: Date }): string {
  const now =
    incident.ackedBy === null
      ? '<p>The incident is nobody’s again: it got worse, or the acknowledgement ran out. Use the link of the newest notice.</p>'
      : `<p>${escaped(incident.ackedBy)} has it.</p>`;
  return `${facts(incident)}<p>${escaped(destination)} took the incident with it at ${time(usedAt)}.</p>${now}`;
}

const facts = ({
  orgName,
  title,
  severity,
  openedAt,
  openAlerts,
  resolvedAt,
}: AckedIncident): string => `<p><strong>${escaped(title)}</strong></p>
<dl>
<dt>Organization</dt><dd>${escaped(orgName)}</dd>
<dt>Severity</dt><dd>${escaped(severity)}</dd>
<dt>Since</dt><dd>${time(openedAt)}</dd>
${resolvedAt === null ? `<dt>Open alerts</dt><dd>${openAlerts}</dd>` : `<dt>Over since</dt><dd>${time(resolvedAt)}</dd>`}
</dl>`;

const time = (at: Date | null): string => {
  const iso = (at ?? new Date(0)).toISOString();
  return `<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')} UTC</time>`;
};
