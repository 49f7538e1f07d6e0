import PostalMime from 'postal-mime';
import type { Mention } from './ledger.js';
import { PLACES, type Phase, type Place } from './stories.js';

/** What a request or a mail says, and which notice it is. */
export interface Heard {
  readonly place: Place;
  readonly id: string;
  readonly mentions: readonly Mention[];
}

const SITE = /Site-\d+/;

const mention = (text: string, phase: Phase): Mention[] => {
  const site = SITE.exec(text)?.[0];
  return site === undefined ? [] : [{ site, phase }];
};

/** A line of a digest: `* [CRITICAL] Site-00001: site down (new), since ...` */
const DIGEST_LINE = /^\* \[(\w+)\] (.*)$/gm;

export async function mailHeard(raw: string, to: string): Promise<Heard> {
  const { messageId = '', subject = '', text = '' } = await PostalMime.parse(raw);
  const place = PLACES.find((known) => known === `email:${to}`);
  if (place === undefined) throw new Error(`A mail to ${to}, whom nobody knows: ${subject}`);
  const id = messageId.replace(/^<|>$/g, '');
  if (!subject.includes('Digest of'))
    return { place, id, mentions: mention(subject, subject.startsWith('[RECOVERED]') ? 'over' : 'told') };
  const lines = [...text.matchAll(DIGEST_LINE)];
  return { place, id, mentions: lines.flatMap(([, state, line = '']) => mention(line, state === 'OK' ? 'over' : 'told')) };
}

interface WebhookBody {
  readonly type: string;
  readonly id: string;
  readonly data: {
    readonly incident: { readonly title: string };
    readonly sites: readonly { readonly name: string; readonly resolvedAt: string | null }[];
  };
}

export function requestHeard(body: string): Heard {
  const { type, id, data } = JSON.parse(body) as WebhookBody;
  const one = (phase: Phase): Heard => ({ place: 'hook', id, mentions: mention(data.incident.title, phase) });
  if (type === 'incident.digest') {
    const mentions = data.sites.flatMap(({ name, resolvedAt }) => mention(name, resolvedAt === null ? 'told' : 'over'));
    return { place: 'hook', id, mentions };
  }
  return one(type === 'incident.recovered' ? 'over' : type === 'incident.acknowledged' ? 'taken' : 'told');
}

export function chatHeard(body: string): Heard {
  const { text, blocks } = JSON.parse(body) as {
    readonly text: string;
    readonly blocks: readonly { readonly block_id?: string }[];
  };
  const phase = text.includes('[RECOVERED]') ? 'over' : text.includes(': taken by ') ? 'taken' : 'told';
  return { place: 'chat', id: blocks[0]?.block_id ?? '', mentions: mention(text, phase) };
}
