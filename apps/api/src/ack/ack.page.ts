import { createHash } from 'node:crypto';
import type { Severity } from '@app/domain';

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

const STYLE = `:root{color-scheme:light dark}
body{font:1.0625rem/1.5 system-ui,sans-serif;margin:0;padding:1.5rem;background:#f4f5f7;color:#1a1d21}
main{max-width:34rem;margin:2rem auto;padding:1.5rem 1.75rem;background:#fff;border-radius:.5rem;border-top:.4rem solid #5b6470}
main.critical{border-color:#b00020}main.major{border-color:#b35900}main.warning{border-color:#8a6d00}main.good{border-color:#1b6e3c}
h1{font-size:1.3rem;line-height:1.3;margin:0 0 .75rem}dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem 1rem;margin:1rem 0}
dt{color:#5b6470}dd{margin:0;overflow-wrap:anywhere}p{overflow-wrap:anywhere}
button{font:inherit;font-weight:600;padding:.75rem 1.5rem;border:0;border-radius:.375rem;background:#0b57d0;color:#fff;cursor:pointer}
button:hover{background:#0842a0}button:focus-visible{outline:3px solid #0b57d0;outline-offset:3px}
@media (prefers-color-scheme:dark){body{background:#16181c;color:#e6e8eb}main{background:#22252a}dt{color:#a6adb7}
button{background:#a8c7fa;color:#062e6f}button:hover{background:#c4d9fc}button:focus-visible{outline-color:#a8c7fa}}`;

/** Nothing but our own style may load, nothing may frame the page, and its form goes to us alone. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'x-robots-tag': 'noindex, nofollow',
};

/** The page, complete: no script, no image, nothing from elsewhere. */
export function renderPage(page: AckPage): string {
  const { heading, tone, body } = contentOf(page);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<title>${escaped(heading)} - mistwatch</title>
<style>${STYLE}</style>
</head>
<body>
<main class="${escaped(tone)}">
<h1>${escaped(heading)}</h1>
${body}
</main>
</body>
</html>
`;
}

interface Content {
  readonly heading: string;
  readonly tone: string;
  readonly body: string;
}

function contentOf(page: AckPage): Content {
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

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
// Marks that turn the direction of the text around them could show another sentence than there is.
const UNSAFE = /[\p{Cc}\p{Cs}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;
const escaped = (text: string): string => text.replace(UNSAFE, ' ').replace(/[&<>"']/g, (c) => ENTITIES[c] ?? c);
