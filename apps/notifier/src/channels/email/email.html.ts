import { classifierColour, type ClassifierColour, type Severity } from '@app/domain';
import type { NotifiedClassifier, NotifiedMetric, NotifiedScore, NotifiedSite, Notification } from '../notification.js';
import {
  classifierText,
  linksOf,
  durationText,
  headlineOf,
  percentText,
  plain,
  reasonText,
  sitesText,
  siteStateOf,
  timeText,
  type NoticeLimits,
} from '../notice.format.js';
import { colourOf, headerColourOf } from './email.format.js';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
/** Text as HTML shows it, also inside of quotes. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
const shown = (text: string, max?: number): string => escapeHtml(plain(text, max));

// Mail programs differ in what they read of this; colours that carry meaning stand inline as well.
const STYLE = `
:root{color-scheme:light dark;supported-color-schemes:light dark}
body{margin:0;padding:0;background:#f2f4f7;color:#1d2430;font:15px/1.45 -apple-system,"Segoe UI",Roboto,Arial,sans-serif}
.page{width:100%;max-width:760px;margin:0 auto;background:#fff}
.in{padding:16px 20px}
h1{margin:0;font-size:20px;line-height:1.3}h2{margin:20px 0 8px;font-size:16px}
table.t{border-collapse:collapse;width:100%;font-size:13px}
.t th,.t td{text-align:left;vertical-align:top;padding:6px 8px;border-bottom:1px solid #d9dee5}
.wide{overflow-x:auto}
.g span{display:inline-block;margin:0 4px 4px 0;padding:3px 8px;border-radius:4px;color:#fff;font-size:12px}
.r{color:#b3261e}.d{color:#a34700}.o{color:#8a6100}.z{color:#1a7037}.dim{color:#5b6470}
a{color:#1b5fc1}
@media (prefers-color-scheme:dark){
body{background:#12161c;color:#e6e9ee}.page{background:#1b212a}
.t th,.t td{border-color:#37404d}a{color:#8ab8ff}.dim{color:#a3adba}
.r{color:#ff8f85}.d{color:#ffa366}.o{color:#f0c36b}.z{color:#7bd694}
}
@media (max-width:600px){.in{padding:12px}.t{font-size:12px}}`;

/** The HTML body: one column, no images, no scripts, nothing fetched from elsewhere. */
export function renderHtml(notification: Notification, limits: NoticeLimits): string {
  const { metrics } = notification;
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">',
    `<title>${shown(notification.title, 140)}</title><style>${STYLE}</style></head>`,
    '<body><div class="page">',
    header(notification),
    '<div class="in">',
    facts(notification),
    siteGrid(notification, limits),
    siteTable(notification, limits),
    ...metrics.map((metric) => classifierTable(metric, limits)),
    links(notification),
    '</div></div></body></html>',
  ].join('\n');
}

const header = (notification: Notification): string =>
  `<div class="in" style="background:${headerColourOf(notification)};color:#ffffff"><div>${headlineOf(notification)}</div>\n` +
  `<h1 dir="auto">${shown(notification.title, 140)}</h1>\n<div>${escapeHtml(reasonText(notification.reason))}</div></div>`;

const facts = ({ orgName, siteCount, openedAt, at }: Notification): string =>
  [
    '<table class="t" role="presentation">',
    `<tr><th scope="row">Organization</th><td dir="auto">${shown(orgName)}</td></tr>`,
    `<tr><th scope="row">Affected</th><td>${sitesText(siteCount)}</td></tr>`,
    `<tr><th scope="row">Since</th><td>${timeText(openedAt)} (${durationText(at - openedAt)})</td></tr>`,
    `<tr><th scope="row">As of</th><td>${timeText(at)}</td></tr>`,
    '</table>',
  ].join('\n');

function siteGrid({ sites }: Notification, limits: NoticeLimits): string {
  const tiles = sites.slice(0, limits.sites).map(tile);
  return tiles.length < 2 ? '' : `<h2>Site status</h2>\n<div class="g">\n${tiles.join('\n')}\n</div>`;
}

const tile = (site: NotifiedSite): string =>
  `<span style="background:${site.resolvedAt === null ? colourOf(site.severity) : '#1a7037'}"><bdi>${shown(site.name, 40)}</bdi> ${siteStateOf(site)}</span>`;

function siteTable({ sites, siteCount }: Notification, limits: NoticeLimits): string {
  const rows = sites.slice(0, limits.sites);
  return [
    '<h2>Sites</h2>',
    '<div class="wide"><table class="t"><tr><th scope="col">Site</th><th scope="col">Status</th><th scope="col">Since</th><th scope="col">What</th></tr>',
    ...rows.map(siteRow),
    '</table></div>',
    more(siteCount - rows.length),
  ].join('\n');
}

const siteRow = (site: NotifiedSite): string =>
  `<tr><td><bdi>${shown(site.name)}</bdi>${site.isNew ? ' <b>new</b>' : ''}</td><td>${siteStateOf(site)}</td><td>${timeText(site.since)}</td>` +
  `<td dir="auto">${site.what.map((text) => shown(text, 160)).join('<br>\n')}</td></tr>`;

function classifierTable({ title, rows, total }: NotifiedMetric, limits: NoticeLimits): string {
  const worst = rows.slice(0, limits.rows);
  if (worst.length === 0) return '';
  const columns = [...new Set(worst.flatMap(({ classifiers }) => classifiers.map(({ name }) => name)))].slice(0, limits.columns);
  const heads = ['Priority', 'Site', 'Score', ...columns.map((name) => shown(name, 40))].map(
    (head) => `<th scope="col">${head}</th>`,
  );
  return [
    `<h2>${shown(title)}</h2>`,
    `<div class="wide"><table class="t"><tr>${heads.join('\n')}</tr>`,
    ...worst.map((row) => scoreRow(row, columns)),
    '</table></div>',
    more(total - worst.length),
  ].join('\n');
}

const PRIORITY_CLASSES: Readonly<Record<Severity, string>> = {
  unknown: 'dim',
  info: 'z',
  warning: 'o',
  major: 'd',
  critical: 'r',
};

function scoreRow({ severity, siteName, score, classifiers }: NotifiedScore, columns: readonly string[]): string {
  const byName = new Map(classifiers.map((classifier) => [classifier.name, classifier]));
  const cells = columns.map((name) => classifierCell(byName.get(name)));
  return (
    `<tr><td class="${PRIORITY_CLASSES[severity]}"><b>${severity.toUpperCase()}</b></td><td><bdi>${shown(siteName)}</bdi></td>` +
    `<td>${percentText(score)}</td>${cells.join('\n')}</tr>`
  );
}

const classifierCell = (classifier: NotifiedClassifier | undefined): string =>
  classifier === undefined
    ? '<td class="dim">no data</td>'
    : `<td class="${SHADES[classifierColour(classifier.degradedPct)]}">${escapeHtml(classifierText(classifier))}</td>`;

const SHADES: Readonly<Record<ClassifierColour, string>> = { red: 'r', 'dark-orange': 'd', orange: 'o', green: 'z', none: 'dim' };

const more = (count: number): string => (count > 0 ? `<p class="dim">and ${count} more: see the links below.</p>` : '');

function links(notification: Notification): string {
  const list = linksOf(notification).map(({ url, text }) => `<a href="${escapeHtml(url)}">${text}</a>`);
  return list.length === 0 ? '' : `<p>${list.join(' &middot;\n')}</p>`;
}
