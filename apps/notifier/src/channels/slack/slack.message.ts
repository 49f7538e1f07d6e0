import type { Severity } from '@app/domain';
import {
  clipped,
  durationText,
  fitting,
  headlineOf,
  linksOf,
  percentText,
  reasonText,
  referenceOf,
  siteStateOf,
  sitesText,
  timeText,
} from '../notice.format.js';
import type { NotifiedMetric, NotifiedSite, Notification } from '../notification.js';

/** What chat.postMessage, chat.update and incoming webhooks take. */
export interface SlackMessage {
  /** For notifications on phones, and programs that show no blocks. */
  readonly text: string;
  readonly blocks: readonly object[];
  readonly unfurl_links: false;
  readonly unfurl_media: false;
}

const MAX_HEADER = 150;
/** Slack takes 3000; the rest is for the line that counts what is left out. */
const MAX_SECTION = 2_800;
const MAX_SITES = 20;
const MAX_METRICS = 7;
const MAX_ROWS = 5;

const MARKS: Readonly<Record<Severity, string>> = { unknown: '⚪', info: '🔵', warning: '🟡', major: '🟠', critical: '🔴' };

/** Slack's own three; everything else is harmless in text that is taken verbatim. */
const escape = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

/** Text of others, no longer than `max` after it was escaped: Slack counts that. */
function shown(text: string, max = 80): string {
  for (let units = max; ; units = Math.floor(units * 0.8)) {
    const escaped = escape(clipped(text, units));
    if (escaped.length <= max) return escaped;
  }
}

const bold = (text: string): string => `*${text.replaceAll('*', '∗')}*`;

const headingOf = (notification: Notification): string => {
  const mark = notification.reason === 'recovered' ? '✅' : MARKS[notification.severity];
  return clipped(`${mark} [${headlineOf(notification)}] ${notification.title}`, MAX_HEADER);
};

/** The whole notice; `id` names the delivery, for whoever looks for duplicates. */
export function slackMessage(notification: Notification, id: string): SlackMessage {
  return messageOf(notification, [
    {
      type: 'header',
      block_id: id,
      text: { type: 'plain_text', text: shown(headingOf(notification), MAX_HEADER), emoji: true },
    },
    { type: 'section', fields: factsOf(notification).map(mrkdwn) },
    section(sitesOf(notification)),
    ...notification.metrics.slice(0, MAX_METRICS).map((metric) => section(metricOf(metric))),
    ...footOf(notification),
  ]);
}

/** What is new, in the thread below the message that shows the whole. */
export function slackReply(notification: Notification, id: string): SlackMessage {
  const { reason, siteCount } = notification;
  const text = `${bold(shown(headingOf(notification), MAX_HEADER))}\n${escape(reasonText(reason))} (${sitesText(siteCount)})`;
  return messageOf(notification, [{ ...section(text), block_id: id }, ...footOf(notification)]);
}

const messageOf = (notification: Notification, blocks: readonly object[]): SlackMessage => ({
  text: escape(headingOf(notification)),
  blocks,
  unfurl_links: false,
  unfurl_media: false,
});

const mrkdwn = (text: string): object => ({ type: 'mrkdwn', text, verbatim: true });
const section = (text: string): object => ({ type: 'section', text: mrkdwn(text) });

const factsOf = ({ orgName, siteCount, openedAt, at, reason }: Notification): string[] => [
  `*Organization*\n${shown(orgName)}`,
  `*Affected*\n${sitesText(siteCount)}`,
  `*Since*\n${timeText(openedAt)} (${durationText(at - openedAt)})`,
  `*Why now*\n${escape(reasonText(reason))}`,
];

function sitesOf({ sites, siteCount }: Notification): string {
  const { text, count } = fitting(sites.slice(0, MAX_SITES).map(siteLine), MAX_SECTION);
  return `${text === '' ? 'No site in particular.' : text}${more(siteCount - count)}`;
}

const siteLine = (site: NotifiedSite): string =>
  `• ${bold(shown(site.name))} ${siteStateOf(site)} since ${timeText(site.since)}${site.isNew ? ' (new)' : ''}` +
  site.what
    .slice(0, 3)
    .map((what) => `\n    ${shown(what, 160)}`)
    .join('');

function metricOf({ title, rows, total }: NotifiedMetric): string {
  const lines = rows.slice(0, MAX_ROWS).map(({ severity, siteName, score, classifiers }) => {
    const causes = [...classifiers].sort((a, b) => b.degradedPct - a.degradedPct).filter(({ degradedPct }) => degradedPct > 0);
    const worst = causes.slice(0, 3).map(({ name, degradedPct }) => `${shown(name, 40)} ${degradedPct.toFixed(1)}%`);
    return `• ${bold(shown(siteName))} ${severity.toUpperCase()} ${percentText(score)}${worst.length === 0 ? '' : `: ${worst.join(', ')}`}`;
  });
  const { text, count } = fitting([bold(shown(title)), ...lines], MAX_SECTION);
  return `${text}${more(total - Math.max(0, count - 1))}`;
}

const more = (count: number): string => (count > 0 ? `\n… and ${count} more` : '');

function footOf(notification: Notification): object[] {
  const links = linksOf(notification).map(({ url, text }) => `<${escape(url).replaceAll('|', '%7C')}|${text}>`);
  const texts = [referenceOf(notification), ...(links.length === 0 ? [] : [links.join('  ·  ')])];
  return [{ type: 'context', elements: texts.map(mrkdwn) }];
}
