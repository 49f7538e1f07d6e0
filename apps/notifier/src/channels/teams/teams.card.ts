import type { Severity } from '@app/domain';
import {
  clipped,
  durationText,
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

/** Teams refuses messages above 28 KB. */
export const MAX_CARD_BYTES = 26_000;

interface CardLimits {
  readonly sites: number;
  readonly metrics: number;
  readonly rows: number;
}

/** Tried in order until the card fits; the last fits always, because every text is clipped. */
const LIMITS: readonly CardLimits[] = [
  { sites: 20, metrics: 7, rows: 5 },
  { sites: 15, metrics: 7, rows: 3 },
  { sites: 10, metrics: 7, rows: 1 },
  { sites: 5, metrics: 0, rows: 0 },
];
const LEAST: CardLimits = { sites: 1, metrics: 0, rows: 0 };

const STYLES: Readonly<Record<Severity, string>> = {
  unknown: 'emphasis',
  info: 'accent',
  warning: 'warning',
  major: 'warning',
  critical: 'attention',
};

/** What a workflow with the trigger "When a Teams webhook request is received" takes; `id` names the delivery. */
export function teamsMessage(notification: Notification, id: string): object {
  const messages = [...LIMITS, LEAST].map((limits) => () => messageOf(notification, id, limits));
  for (const message of messages) {
    const card = message();
    if (Buffer.byteLength(JSON.stringify(card)) <= MAX_CARD_BYTES) return card;
  }
  return messageOf(notification, id, LEAST);
}

const messageOf = (notification: Notification, id: string, limits: CardLimits): object => ({
  type: 'message',
  attachments: [
    {
      contentType: 'application/vnd.microsoft.card.adaptive',
      contentUrl: null,
      content: {
        $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
        type: 'AdaptiveCard',
        version: '1.4',
        msteams: { width: 'Full' },
        fallbackText: clipped(headingOf(notification), 200),
        body: bodyOf(notification, id, limits),
        actions: linksOf(notification).map(({ url, text: title }) => ({ type: 'Action.OpenUrl', title, url })),
      },
    },
  ],
});

const headingOf = (notification: Notification): string => `[${headlineOf(notification)}] ${notification.title}`;

function bodyOf(notification: Notification, id: string, limits: CardLimits): object[] {
  const { reason, severity, orgName, siteCount, openedAt, at, sites, metrics } = notification;
  const listed = sites.slice(0, limits.sites);
  const facts = {
    Organization: shown(orgName),
    Affected: sitesText(siteCount),
    Since: `${timeText(openedAt)} (${durationText(at - openedAt)})`,
  };
  return [
    {
      type: 'Container',
      style: reason === 'recovered' ? 'good' : STYLES[severity],
      bleed: true,
      items: [
        text(markedDown(clipped(headingOf(notification), 160)), { size: 'large', weight: 'bolder' }),
        text(reasonText(reason), {}),
      ],
    },
    { type: 'FactSet', facts: Object.entries(facts).map(([title, value]) => ({ title, value })) },
    ...listed.map(siteItem),
    ...more(siteCount - listed.length),
    ...metrics.slice(0, limits.metrics).flatMap((metric) => metricItems(metric, limits)),
    { ...text(referenceOf(notification), { isSubtle: true, size: 'small' }), id },
  ];
}

/** Texts of cards are Markdown: what names contain of it is shown, not obeyed. */
const markedDown = (value: string): string => value.replace(/[\\`*_[\]()#~<>|!]/g, '\\$&');
const shown = (value: string, max = 80): string => markedDown(clipped(value, max));

const text = (value: string, more: object): object => ({ type: 'TextBlock', text: value, wrap: true, ...more });

const siteItem = (site: NotifiedSite): object =>
  text(
    `**${shown(site.name)}** ${siteStateOf(site)} since ${timeText(site.since)}${site.isNew ? ' (new)' : ''}` +
      site.what
        .slice(0, 3)
        .map((what) => `\n\n${shown(what, 160)}`)
        .join(''),
    { spacing: 'small' },
  );

const more = (count: number): object[] => (count > 0 ? [text(`… and ${count} more`, { isSubtle: true })] : []);

function metricItems({ title, rows, total }: NotifiedMetric, limits: CardLimits): object[] {
  const listed = rows.slice(0, limits.rows);
  if (listed.length === 0) return [];
  const facts = listed.map(({ siteName, severity, score, classifiers }) => {
    const [worst] = [...classifiers].sort((a, b) => b.degradedPct - a.degradedPct);
    const cause =
      worst === undefined || worst.degradedPct === 0 ? '' : `, ${shown(worst.name, 40)} ${worst.degradedPct.toFixed(1)}%`;
    return { title: shown(siteName), value: `${severity.toUpperCase()} ${percentText(score)}${cause}` };
  });
  return [text(shown(title), { weight: 'bolder' }), { type: 'FactSet', facts }, ...more(total - listed.length)];
}
