import { fieldOf } from './values.js';
import { WEBHOOK_TOPICS } from './webhook.js';

/** What the webhook in Mist should be. */
export interface WantedWebhook {
  readonly url: string;
  readonly secret: string;
}

/** A webhook of ours as Mist has it. */
export interface FoundWebhook {
  readonly id: string;
  /** What differs from what is wanted, in words; empty when nothing does. */
  readonly faults: readonly string[];
  /** Mist does not show the secret, so that nobody can tell whether it is right. */
  readonly isSecretHidden: boolean;
  /** What puts it right. */
  readonly repair: Readonly<Record<string, unknown>>;
}

const NAME = 'mistwatch';
const TYPE = 'http-post';

const textAt = (row: object, name: string): string | null => {
  const value = fieldOf(row, name);
  return typeof value === 'string' && value !== '' ? value : null;
};

const topicsOf = (row: object): readonly string[] => {
  const topics = fieldOf(row, 'topics');
  return Array.isArray(topics) ? topics.flatMap((topic) => (typeof topic === 'string' ? [topic] : [])) : [];
};

const sameTopic = (a: string, b: string): boolean => a.replaceAll('_', '-') === b.replaceAll('_', '-');

/** The body that makes a webhook. */
export const newWebhook = ({ url, secret }: WantedWebhook): Readonly<Record<string, unknown>> => ({
  name: NAME,
  type: TYPE,
  url,
  secret,
  topics: WEBHOOK_TOPICS,
  enabled: true,
  verify_cert: true,
});

/** Webhooks of ours in Mist's list: those that send to our address, else those that bear our name (the address changed). */
export function findWebhooks(rows: readonly unknown[], wanted: WantedWebhook): FoundWebhook[] {
  const hooks = rows.filter((row): row is object => typeof row === 'object' && row !== null && textAt(row, 'id') !== null);
  const byUrl = hooks.filter((row) => textAt(row, 'url') === wanted.url);
  const ours = byUrl.length > 0 ? byUrl : hooks.filter((row) => textAt(row, 'name') === NAME);
  return ours.map((row) => found(row, wanted)).sort((a, b) => a.faults.length - b.faults.length || (a.id < b.id ? -1 : 1));
}

function found(row: object, wanted: WantedWebhook): FoundWebhook {
  const secret = fieldOf(row, 'secret');
  const isSecretHidden = secret === undefined || (typeof secret === 'string' && /^\*+$/.test(secret));
  const topics = topicsOf(row);
  const missing = WEBHOOK_TOPICS.filter((topic) => !topics.some((each) => sameTopic(each, topic)));
  const faults = [
    ...(textAt(row, 'url') === wanted.url ? [] : ['it sends to another address']),
    ...(isSecretHidden || secret === wanted.secret ? [] : ['its secret is another']),
    ...(fieldOf(row, 'type') === undefined || fieldOf(row, 'type') === TYPE ? [] : [`its type is not ${TYPE}`]),
    ...(fieldOf(row, 'enabled') === false ? ['it is switched off'] : []),
    ...(missing.length === 0 ? [] : [`topics are missing: ${missing.join(', ')}`]),
  ];
  const { url, secret: right } = wanted;
  return {
    id: textAt(row, 'id') ?? '',
    faults,
    isSecretHidden,
    repair: {
      name: textAt(row, 'name') ?? NAME,
      type: TYPE,
      url,
      secret: right,
      topics: [...topics, ...missing],
      enabled: true,
      verify_cert: fieldOf(row, 'verify_cert') !== false,
    },
  };
}

/** The id that Mist gave a webhook it made; `null` when its answer does not say. */
export const webhookIdOf = (body: unknown): string | null =>
  typeof body === 'object' && body !== null ? textAt(body, 'id') : null;
