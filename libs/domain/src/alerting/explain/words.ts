import type { EpochMs } from '../../sample.js';
import type { ChangeReason } from '../change.js';
import type { NoticeReason, SilenceReason } from '../notice.js';

/** Why an alert changed; a new reason does not compile without its words. */
const CHANGES: Readonly<Record<ChangeReason | 'resolved-by-hand', string>> = {
  'breach-began': 'it was seen for the first time; the rule waits before it fires',
  'fired-at-once': 'it was seen, and the rule does not wait',
  'breach-lasted': 'it lasted as long, or was seen as often, as the rule asks',
  'severity-raised': 'it got worse; who had acknowledged it no longer has',
  'severity-lowered': 'it got less bad',
  flapping: 'it changed too often within the window: single changes are not told any more',
  'flapping-ended-still-breached': 'it stopped flapping, and is still bad',
  'flapping-ended-quiet': 'it stopped flapping, and is good',
  'good-before-firing': 'it was good again before it fired; nobody was told',
  'good-lasted': 'it was good for as long and as often as the rule asks',
  'site-removed': 'Mist no longer lists the site',
  'circuit-linked': 'the circuit goes on as another one',
  'rule-disabled': 'the rule was switched off, or no longer covers it',
  acknowledged: 'somebody took it',
  'resolved-by-hand': 'somebody ended it',
};

/** Why a notice went out, or why not. */
const DECISIONS: Readonly<Record<NoticeReason | SilenceReason, string>> = {
  opened: 'people are told: it is a new incident',
  'severity-raised': 'people are told: it got worse',
  'members-added': 'people are told: more is affected',
  widened: 'people are told: the outage is wider than they knew',
  flapping: 'people are told: it flaps',
  repeat: 'people are told again: it is still open and nobody has it',
  escalated: 'the next step is told: nobody has taken it',
  'acknowledgement-expired': 'people are told again: the acknowledgement ran out',
  returned: 'people are told again: a silence, maintenance or the night ended and it is still true',
  acknowledged: 'nobody is told: somebody has it',
  recovered: 'those who were told are told that it is over',
  digest: 'it is told in a digest',
  undelivered: 'others are told that a notice could not be delivered',
  'resolved-before-anyone-was-told': 'nobody is told: it was over before anybody had been',
  'all-members-suppressed': 'nobody is told: something bigger explains all of it',
  silenced: 'nobody is told: it is silenced',
  'in-maintenance': 'nobody is told: it is under maintenance',
  'outside-working-hours': 'nobody is told yet: its policy waits for working hours',
  'within-group-wait': 'nobody is told yet: what falls together is told together',
  'within-group-interval': 'nobody is told yet: what is new is collected',
  'within-repeat-interval': 'nobody is told: the same was told already',
  'waiting-for-step': 'nobody is told yet: the next step of the policy has not come',
};

const wordsIn = (table: Readonly<Record<string, string>>, reason: string): string =>
  Object.hasOwn(table, reason) ? (table[reason] ?? reason) : reason.replaceAll('-', ' ');

export const changeWords = (reason: string): string => wordsIn(CHANGES, reason);
export const decisionWords = (reason: string): string =>
  reason.startsWith('withheld-')
    ? `a notice on its way was held back: ${reason.slice(9).replaceAll('-', ' ')}`
    : wordsIn(DECISIONS, reason);

/** `2026-03-01 12:00 UTC` */
export const timeWords = (at: EpochMs): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** What holds an alert back, as `alert.suppressed_by` names it. */
export function holderWords(suppressedBy: string): string {
  const [kind, id] = suppressedBy.split(':', 2);
  if (kind === 'alert') return `alert ${id ?? '?'} explains it: its site is down, may be, or has just come back`;
  if (kind === 'silence') return `silence ${id ?? '?'} covers it`;
  if (kind === 'maintenance') return `maintenance ${id ?? '?'} covers it`;
  return `${suppressedBy} covers it`;
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

const rounded = (value: number): string => String(Math.round(value * 1000) / 1000);

/** What was seen: the figure and its limit, where the change knows them. */
export function dataWords(data: Readonly<Record<string, unknown>>): string {
  const parts: string[] = [];
  if (typeof data['metric'] === 'string') {
    const value = isNumber(data['value']) ? rounded(data['value']) : 'no data';
    const limit = isNumber(data['threshold']) ? `, limit ${rounded(data['threshold'])}` : '';
    const before = isNumber(data['before']) ? `, the day before ${rounded(data['before'])}` : '';
    parts.push(`${data['metric']} ${value}${limit}${before}`);
  }
  if (Array.isArray(data['metrics'])) parts.push(...data['metrics'].flatMap(metricWords));
  if (isNumber(data['hour'])) parts.push(`hour of ${timeWords(data['hour'])}`);
  if (isNumber(data['changes'])) parts.push(`${String(data['changes'])} changes within an hour`);
  if (typeof data['cause'] === 'string') parts.push(data['cause'].replaceAll('-', ' '));
  if (isNumber(data['lastHeardAt'])) parts.push(`last heard of ${timeWords(data['lastHeardAt'])}`);
  if (typeof data['trouble'] === 'string') parts.push(data['trouble']);
  if (isNumber(data['at'])) parts.push(`observed ${timeWords(data['at'])}`);
  if (typeof data['by'] === 'string') parts.push(`by ${data['by']}`);
  if (typeof data['note'] === 'string') parts.push(`"${data['note']}"`);
  return parts.join('; ');
}

function metricWords(entry: unknown): string[] {
  if (typeof entry !== 'object' || entry === null || !('metric' in entry) || typeof entry.metric !== 'string') return [];
  const score = 'score' in entry && isNumber(entry.score) ? ` ${rounded(entry.score)}` : '';
  const severity = 'severity' in entry && typeof entry.severity === 'string' ? ` ${entry.severity}` : '';
  return [`${entry.metric}${score}${severity}`];
}
