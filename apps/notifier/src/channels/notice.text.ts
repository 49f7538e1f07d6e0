import type { NotifiedMetric, NotifiedScore, NotifiedSite, Notification } from './notification.js';
import {
  classifierText,
  durationText,
  linksOf,
  headlineOf,
  percentText,
  plain,
  reasonText,
  sitesText,
  siteStateOf,
  timeText,
  type NoticeLimits,
} from './notice.format.js';

/** The plain text of a notice: the same story as the HTML of a mail, for readers and programs without it. */
export const renderText = (notification: Notification, limits: NoticeLimits): string =>
  `${[...noticeLines(notification, limits), '', ...linkLines(notification)].join('\n')}\n`;

/** The same without the links. */
export function noticeLines(notification: Notification, limits: NoticeLimits): string[] {
  const { title, reason, orgName, siteCount, openedAt, at, sites, metrics } = notification;
  return [
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
  ];
}

const siteLines = (site: NotifiedSite): string[] => {
  const { name, since, what, isNew } = site;
  return [
    `* [${siteStateOf(site)}] ${plain(name)}${isNew ? ' (new)' : ''}, since ${timeText(since)}`,
    ...what.map((text) => `    ${plain(text, 160)}`),
  ];
};

function metricLines({ title, rows, total }: NotifiedMetric, limits: NoticeLimits): string[] {
  const shown = rows.slice(0, limits.rows);
  if (shown.length === 0) return [];
  return ['', title.toUpperCase(), ...shown.flatMap((row) => scoreLines(row, limits)), ...omitted(total - shown.length)];
}

const scoreLines = ({ severity, siteName, score, classifiers }: NotifiedScore, { columns }: NoticeLimits): string[] => [
  `* [${severity.toUpperCase()}] ${plain(siteName)}: ${percentText(score)}`,
  ...classifiers.slice(0, columns).map((classifier) => `    ${plain(classifier.name, 40)}: ${classifierText(classifier)}`),
];

const omitted = (count: number): string[] => (count > 0 ? [`  ... and ${count} more: see the links below.`] : []);

const linkLines = (notification: Notification): string[] => linksOf(notification).map(({ url, text }) => `${text}: ${url}`);
