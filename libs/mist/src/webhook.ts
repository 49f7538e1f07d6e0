import type { CollectKind } from './collect-kind.js';
import { fieldOf, printableText } from './values.js';

/** What one delivery of Mist's webhook asks of us. */
export type WebhookReading =
  /** Records like those of a poll of this kind. */
  | {
      readonly is: 'records';
      readonly topic: string;
      readonly kind: 'device-events' | 'alarms';
      readonly events: readonly unknown[];
    }
  /** Something changed that only a poll tells exactly. */
  | { readonly is: 'hint'; readonly topic: string; readonly kinds: readonly CollectKind[]; readonly events: readonly unknown[] }
  /** Nothing that we keep. */
  | { readonly is: 'ignored'; readonly topic: string; readonly events: readonly unknown[] }
  | { readonly is: 'unreadable'; readonly topic: string | null; readonly reason: string };

type Use =
  | { readonly is: 'records'; readonly kind: 'device-events' | 'alarms' }
  | { readonly is: 'hint'; readonly kinds: readonly CollectKind[] }
  | { readonly is: 'ignored' };

/** What each topic is for. An event of `device-updowns` also comes as one of `device-events`, with the same device, type and time. */
const TOPICS: Readonly<Record<string, Use>> = {
  'device-updowns': { is: 'records', kind: 'device-events' },
  'device-events': { is: 'records', kind: 'device-events' },
  alarms: { is: 'records', kind: 'alarms' },
  'site-sle': { is: 'hint', kinds: ['sle-wifi', 'sle-wan'] },
  audits: { is: 'ignored' },
  ping: { is: 'ignored' },
};

/** The topics a webhook of ours subscribes to. */
export const WEBHOOK_TOPICS: readonly string[] = ['alarms', 'device-events', 'device-updowns'];

const MAX_TOPIC_LENGTH = 100;

const unreadable = (reason: string, topic: string | null = null): WebhookReading => ({ is: 'unreadable', topic, reason });

/** Reads the bytes of a delivery; never throws for what they hold. */
export function readWebhook(body: Uint8Array): WebhookReading {
  const delivery = parseJson(body);
  if ('fault' in delivery) return unreadable(delivery.fault);
  const { value } = delivery;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return unreadable('the body is not a JSON object');
  const named = fieldOf(value, 'topic');
  if (typeof named !== 'string' || named === '') return unreadable('topic is missing');
  // One published sample writes `device_events` where the others have `device-events`.
  const topic = printableText(named.replaceAll('_', '-')).slice(0, MAX_TOPIC_LENGTH);
  const use = Object.hasOwn(TOPICS, topic) ? TOPICS[topic] : undefined;
  if (use === undefined) return unreadable(`the topic "${topic}" is not known`, topic);
  const events = fieldOf(value, 'events');
  if (!Array.isArray(events)) return unreadable('events is not a list', topic);
  return { ...use, topic, events };
}

function parseJson(body: Uint8Array): { readonly value: unknown } | { readonly fault: string } {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return { fault: 'the body is not valid UTF-8' };
  }
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return { fault: `the body is not valid JSON (${String(body.length)} bytes)` };
  }
}
