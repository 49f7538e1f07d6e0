import type { EpochMs } from '../../sample.js';
import type { StoryLine, SubjectStory } from './story.js';
import { changeWords, holderWords, timeWords } from './words.js';

/** Why there is an alert about a site or circuit, or why there is none. */
export function explainSubject(story: SubjectStory, now: EpochMs): StoryLine[] {
  const { about, open, past, removedAt } = story;
  const sentences = [
    open.length === 0
      ? `There is no open alert about ${about}.`
      : `${String(open.length)} open ${open.length === 1 ? 'alert' : 'alerts'} about ${about}: ask for the story of each by its number.`,
    ...open.map(
      ({ id, rule, status, suppressedBy }) =>
        `Alert ${String(id)}: ${rule}, ${status}${suppressedBy === null ? '' : `; held back: ${holderWords(suppressedBy)}`}.`,
    ),
    ...(removedAt === null ? [] : [`Mist has not listed it since ${timeWords(removedAt)}: nothing fires about it.`]),
    ...story.circuits.map(circuitSentence),
    ...story.gateways.map(
      ({ name, connected, since }) =>
        `Gateway ${name}: ${connected === null ? 'the cloud does not say whether it is connected' : connected ? 'connected' : 'disconnected'}${since === null ? '' : ` since ${timeWords(since)}`}.`,
    ),
    ...story.polls.map(({ kind, committedAt }) => pollSentence(kind, committedAt, now)),
    ...story.silences.map(
      ({ id, owner, reason, to }) => `Silence ${String(id)} of ${owner} holds until ${timeWords(to)} and may cover it: ${reason}`,
    ),
    ...(story.disabledRules.length === 0 ? [] : [`Switched off: ${story.disabledRules.join(', ')}.`]),
  ];
  const before = past.map(({ id, rule, firedAt, resolvedAt, reason }) => ({
    at: resolvedAt,
    text: `alert ${String(id)} (${rule}) ended: ${reason === null ? 'unknown why' : changeWords(reason)}${firedAt === null ? '; it never fired' : ''}`,
  }));
  return [...before.reverse(), ...sentences.map((text) => ({ at: null, text }))];
}

function circuitSentence({ name, state, since, seenAt, isLive, isDisabled }: SubjectStory['circuits'][number]): string {
  if (isDisabled) return `Circuit ${name}: its port is disabled, so it cannot be down.`;
  if (!isLive) return `Circuit ${name}: known from an import only; imports open no alert.`;
  const seen = seenAt === null ? 'never seen' : `seen ${timeWords(seenAt)}`;
  const is = state === null ? 'nobody knows whether it is up; unknown opens no alert' : state === 'up' ? 'up' : 'down';
  return `Circuit ${name}: ${is}${since === null || state === null ? '' : ` since ${timeWords(since)}`}, ${seen}.`;
}

const MINUTE_MS = 60_000;

const pollSentence = (kind: string, committedAt: EpochMs | null, now: EpochMs): string =>
  committedAt === null
    ? `${kind} has never been read.`
    : `${kind} was last read ${String(Math.max(0, Math.floor((now - committedAt) / MINUTE_MS)))} min ago.`;
