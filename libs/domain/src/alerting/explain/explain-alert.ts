import { shownStatusOf } from '../alert.js';
import type { AlertStory, DeliveryStory, IncidentStory, StoryLine } from './story.js';
import { changeWords, dataWords, decisionWords, holderWords, timeWords } from './words.js';

/** Notices of a large incident that an explanation names one by one. */
const MOST_DELIVERIES = 200;

/** The story of one alert, oldest first: what was seen, what was decided, who was told and what they answered; the last line is about now. */
export function explainAlert(story: AlertStory): StoryLine[] {
  const dated = [
    ...story.changes.map(({ at, to, severity, reason, data }) => {
      const seen = dataWords(data);
      return { at, text: `${to} (${severity}): ${changeWords(reason)}${seen === '' ? '' : ` [${seen}]`}` };
    }),
    ...story.incidents.flatMap(linesOfIncident),
    ...story.notes.map(({ at, author, text }) => ({ at, text: `note of ${author}: ${text}` })),
    ...(story.noise === null ? [] : [{ at: story.noise.at, text: `marked as noise by ${story.noise.by}` }]),
  ];
  // Sorting keeps the order of what happened at one instant.
  return [...dated.sort((a, b) => a.at - b.at), { at: null, text: conclusionOf(story) }];
}

function linesOfIncident(incident: IncidentStory): { at: number; text: string }[] {
  const others = incident.members - 1;
  const company = others === 0 ? '' : ` with ${String(others)} other ${others === 1 ? 'alert' : 'alerts'}`;
  const opened = { at: incident.joinedAt, text: `joined incident ${String(incident.id)} "${incident.title}"${company}` };
  const decided = incident.decisions.map(({ at, reason, detail }) => ({
    at,
    text: `${decisionWords(reason)}${detailWords(detail)}`,
  }));
  const shown = incident.deliveries.slice(-MOST_DELIVERIES);
  const cut = incident.deliveries.length - shown.length;
  const told = shown.flatMap(linesOfDelivery);
  return [
    opened,
    ...(cut === 0 ? [] : [{ at: incident.joinedAt, text: `${String(cut)} earlier notices of the incident are left out here` }]),
    ...decided,
    ...told,
  ];
}

function detailWords(detail: Readonly<Record<string, unknown>>): string {
  const parts: string[] = [];
  if (typeof detail['policy'] === 'string') parts.push(`policy ${detail['policy']}`);
  if (typeof detail['acknowledgedBy'] === 'string') parts.push(`taken by ${detail['acknowledgedBy']}`);
  const { suppressedBy } = detail;
  if (typeof suppressedBy === 'object' && suppressedBy !== null) parts.push(...Object.keys(suppressedBy));
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

const OUTCOMES: Readonly<Record<string, string>> = {
  sent: 'took it',
  retry: 'did not take it, so it is tried again',
  dead: 'did not take it, and it was given up',
};

function linesOfDelivery({
  createdAt,
  destination,
  reason,
  status,
  withheldReason,
  attempts,
}: DeliveryStory): { at: number; text: string }[] {
  const lines = attempts.map(({ at, outcome, answer }) => ({
    at,
    text: `${destination} ${OUTCOMES[outcome] ?? outcome} (${reason})${answer === null ? '' : `: ${answer}`}`,
  }));
  if (status === 'withheld')
    lines.push({
      at: createdAt,
      text: `${destination} was not told after all (${reason}): ${(withheldReason ?? 'unknown').replaceAll('-', ' ')}`,
    });
  if (status === 'digest') lines.push({ at: createdAt, text: `${destination} is told in its next digest (${reason})` });
  if (status === 'digested') lines.push({ at: createdAt, text: `${destination} was told in a digest (${reason})` });
  if (status === 'due' && attempts.length === 0)
    lines.push({ at: createdAt, text: `${destination} is about to be told (${reason})` });
  return lines;
}

function conclusionOf({ alert, incidents, hiddenIncidents, changes }: AlertStory): string {
  const told = [
    ...new Set(
      incidents.flatMap(({ deliveries }) =>
        deliveries.filter(({ status }) => status === 'sent' || status === 'digested').map(({ destination }) => destination),
      ),
    ),
  ];
  const named = told.length === 0 ? [] : [`Told: ${told.join(', ')}.`];
  const whom =
    hiddenIncidents === 0 && told.length === 0
      ? `Nobody has been told${whyNobody({ alert, incidents, changes })}.`
      : [...named, ...(hiddenIncidents === 0 ? [] : [hiddenWords(hiddenIncidents)])].join(' ');
  const shown = shownStatusOf(alert.state, alert.suppressedBy);
  const holder =
    shown === 'suppressed' && alert.suppressedBy !== null ? ` Held back now: ${holderWords(alert.suppressedBy)}.` : '';
  return `${alert.rule} about ${alert.about} is ${shown} (${alert.severity}).${holder} ${whom}`;
}

const hiddenWords = (count: number): string =>
  count === 1
    ? 'It is part of an incident with alerts of other sites; who was told of that is not shown to you.'
    : `It is part of ${String(count)} incidents with alerts of other sites; who was told of those is not shown to you.`;

function whyNobody({ alert, incidents, changes }: Pick<AlertStory, 'alert' | 'incidents' | 'changes'>): string {
  const hasFired = changes.some(({ to }) => to === 'firing');
  if (!hasFired) return alert.status === 'resolved' ? ': it never fired' : ': it has not fired yet';
  if (incidents.length === 0) return ': the notifier has not seen it yet, or it was over when it did';
  const last = incidents.at(-1);
  const decision = last?.decisions.at(-1);
  const deliveries = last?.deliveries ?? [];
  if (deliveries.some(({ status }) => status === 'dead')) return ': every attempt to reach somebody failed';
  if (deliveries.some(({ status }) => status === 'due')) return ' yet: notices are on their way';
  if (decision === undefined) return ` yet: the incident of ${timeWords(last?.openedAt ?? 0)} has not been judged`;
  return `: ${decisionWords(decision.reason).replace(/^nobody is told( yet)?: /, '')}`;
}
