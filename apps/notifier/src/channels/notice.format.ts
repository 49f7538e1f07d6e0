import type { EpochMs, NoticeReason } from '@app/domain';
import type { NotifiedClassifier, NotifiedSite, Notification } from './notification.js';

/** How much of a notification a mail shows; what is left out is counted and linked. */
export interface NoticeLimits {
  readonly sites: number;
  readonly rows: number;
  readonly columns: number;
}

// Control characters, line and paragraph separators, and the marks that turn the direction of the text around them.
const UNSAFE = /[\p{Cc}\p{Cs}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/gu;

/** Text of others on one line, without control characters and no longer than `max` characters. */
export function plain(text: string, max = 80): string {
  const clean = text
    .slice(0, 20 * max)
    .replace(UNSAFE, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const characters = Array.from(clean);
  return characters.length <= max ? clean : `${characters.slice(0, max - 1).join('')}…`;
}

/** As `plain`, for receivers that count UTF-16 units. */
export function clipped(text: string, maxUnits: number): string {
  const characters = Array.from(plain(text, maxUnits));
  let units = characters.reduce((sum, { length }) => sum + length, 0);
  if (units <= maxUnits) return characters.join('');
  while (units > maxUnits - 1) units -= characters.pop()?.length ?? units;
  return `${characters.join('')}…`;
}

/** Lines from the top that fit together, and how many there are of them. */
export function fitting(lines: readonly string[], maxUnits: number): { readonly text: string; readonly count: number } {
  let units = -1;
  const tooLong = lines.findIndex((line) => (units += line.length + 1) > maxUnits);
  const count = tooLong === -1 ? lines.length : tooLong;
  return { text: lines.slice(0, count).join('\n'), count };
}

/** Word at the top of a mail and of its subject. */
export const headlineOf = ({ reason, severity }: Notification): string => HEADLINES[reason] ?? severity.toUpperCase();

const HEADLINES: Readonly<Partial<Record<NoticeReason, string>>> = {
  recovered: 'RECOVERED',
  acknowledged: 'ACKNOWLEDGED',
  undelivered: 'UNDELIVERED',
};

const REASONS: Readonly<Record<NoticeReason, string>> = {
  opened: 'New incident',
  'severity-raised': 'It got worse since the last notice',
  'members-added': 'More is affected since the last notice',
  widened: 'It is wider than the last notice said',
  flapping: 'It goes down and up again and again: single changes are not told any more until an hour has been quiet',
  repeat: 'Reminder: still open and nobody has acknowledged it',
  escalated: 'Nobody has taken it since it began',
  'acknowledgement-expired': 'It was taken, but is still open after the time that was given for it',
  returned: 'It was silenced, and is still true afterwards',
  acknowledged: 'Somebody has taken it',
  recovered: 'Over: the last affected member recovered',
  digest: 'Notices that waited to be told together',
  undelivered: 'A notice was given up: its receiver never took it. Mend the channel, and tell whom it was for',
};

export const reasonText = (reason: NoticeReason): string => REASONS[reason];

/** `2026-03-01 12:00 UTC` */
export const timeText = (at: EpochMs): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

const MINUTE_MS = 60_000;

/** `14 min`, `2 h 5 min`, `3 d 4 h` */
export function durationText(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / MINUTE_MS));
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export const percentText = (share: number | null): string => (share === null ? 'no data' : `${(share * 100).toFixed(1)}%`);

export const sitesText = (count: number): string => `${count} ${count === 1 ? 'site' : 'sites'}`;

/** `12.5% degraded, users=3, aps=2` */
export const classifierText = ({ degradedPct, numUsers, numAps }: NotifiedClassifier): string =>
  `${degradedPct.toFixed(1)}% degraded, users=${numUsers ?? '?'}, aps=${numAps ?? '?'}`;

export interface NoticeLink {
  readonly url: string;
  readonly text: string;
}

/** What is over or taken is not taken any more; a digest, or news of a notice that was lost, is no incident. */
const NOT_TO_TAKE: ReadonlySet<NoticeReason> = new Set(['recovered', 'acknowledged', 'digest', 'undelivered']);

/** What people should look at again although they were told before. */
const NEWS: ReadonlySet<NoticeReason> = new Set([
  'severity-raised',
  'widened',
  'escalated',
  'acknowledgement-expired',
  'returned',
]);
export const isNews = ({ reason }: Notification): boolean => NEWS.has(reason);

/** Where to go on from a notice: first what to do about it. */
export function linksOf({ reason, ackUrl, runbookUrl, reportUrl, alertsUrl }: Notification): NoticeLink[] {
  const links = [
    { url: NOT_TO_TAKE.has(reason) ? null : ackUrl, text: 'Acknowledge' },
    { url: runbookUrl, text: 'Runbook' },
    { url: reportUrl, text: 'Summary report' },
    { url: alertsUrl, text: 'All alerts' },
  ];
  return links.flatMap(({ url, text }) => (isWebAddress(url) ? [{ url: new URL(url).href, text }] : []));
}

/** Receivers refuse whole messages for one bad link, and some links do more than lead somewhere. */
const isWebAddress = (url: string | null | undefined): url is string =>
  typeof url === 'string' && /^https?:\/\//i.test(url) && URL.canParse(url);

/** Says which incident this is about, so that messages which cannot be joined can be found together. */
export const referenceOf = ({ incidentId, step }: Notification): string => `Incident ${incidentId}, notice ${step}`;

/** Word for the state of a site. */
export const siteStateOf = ({ severity, resolvedAt }: NotifiedSite): string =>
  resolvedAt === null ? severity.toUpperCase() : 'OK';
