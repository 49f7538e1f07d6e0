import type { NotifiedMetric, NotifiedScore, NotifiedSite, Notification } from '../notification.js';
import {
  classifierText,
  durationText,
  linksOf,
  headlineOf,
  percentText,
  plain,
  reasonText,
  sitesText,
  timeText,
} from '../notice.format.js';
import type { EmailLimits } from './email.format.js';

/** The plain body: the same story as the HTML, for readers and programs without it. */
export function renderText(notification: Notification, limits: EmailLimits): string {
  const { title, reason, orgName, siteCount, openedAt, at, sites, metrics } = notification;
  const lines = [
    `${headlineOf(notification)}: ${plain(title, 140)}`,
    reasonText(reason),
    '',
    `Organization: ${plain(orgName)}`,
    `Affected:     ${sitesText(siteCount)}`,
    `Since:        ${timeText(openedAt)} (${durationText(at - openedAt)})`,
    `As of:        ${timeText(at)}`,
    '',
    'SITES',
    ...sites.slice(0, limits.sites).flatMap(siteLines),
    ...omitted(siteCount - Math.min(sites.length, limits.sites)),
    ...metrics.flatMap((metric) => metricLines(metric, limits)),
    '',
    ...linkLines(notification),
  ];
  return `${lines.join('\n')}\n`;
}

const siteLines = ({ severity, name, since, resolvedAt, what, isNew }: NotifiedSite): string[] => [
  `* [${resolvedAt === null ? severity.toUpperCase() : 'OK'}] ${plain(name)}${isNew ? ' (new)' : ''}, since ${timeText(since)}`,
  ...what.map((text) => `    ${plain(text, 160)}`),
];

function metricLines({ title, rows, total }: NotifiedMetric, limits: EmailLimits): string[] {
  const shown = rows.slice(0, limits.rows);
  if (shown.length === 0) return [];
  return ['', title.toUpperCase(), ...shown.flatMap((row) => scoreLines(row, limits)), ...omitted(total - shown.length)];
}

const scoreLines = ({ severity, siteName, score, classifiers }: NotifiedScore, { columns }: EmailLimits): string[] => [
  `* [${severity.toUpperCase()}] ${plain(siteName)}: ${percentText(score)}`,
  ...classifiers.slice(0, columns).map((classifier) => `    ${plain(classifier.name, 40)}: ${classifierText(classifier)}`),
];

const omitted = (count: number): string[] => (count > 0 ? [`  ... and ${count} more: see the links below.`] : []);

const linkLines = (notification: Notification): string[] => linksOf(notification).map(({ url, text }) => `${text}: ${url}`);
