import { startHttpReceiver, type HttpReceiver } from '../http-receiver.js';
import { at, listAt, parseJson, textAt } from './json.js';

export interface FakeTeams extends HttpReceiver {
  readonly webhookUrl: string;
  /** Adaptive Cards as they were posted. */
  readonly cards: readonly unknown[];
}

/** Above this Teams drops a message. */
const MAX_BYTES = 28 * 1_024;
const PATH = '/workflows/0123/triggers/manual/paths/invoke?api-version=1&sig=hook-secret';
const ELEMENTS = ['TextBlock', 'FactSet', 'Container'];

/** A workflow that posts cards to a channel: it takes one Adaptive Card a request and answers 202. */
export async function startFakeTeams(): Promise<FakeTeams> {
  const cards: unknown[] = [];
  const receiver = await startHttpReceiver(({ path, body }) => {
    if (path !== PATH) return { status: 401, body: { error: { code: 'DirectApiAuthorizationRequired' } } };
    const attachments = listAt(parseJson(body), 'attachments');
    const card = at(attachments[0], 'content');
    if (Buffer.byteLength(body) > MAX_BYTES || attachments.length !== 1 || !isCard(card))
      return { status: 400, body: { error: { code: 'BadRequest' } } };
    cards.push(card);
    return { status: 202 };
  });
  return { ...receiver, webhookUrl: receiver.url + PATH, cards };
}

const isCard = (card: unknown): boolean =>
  textAt(card, 'type') === 'AdaptiveCard' &&
  /^1\.[0-5]$/.test(textAt(card, 'version')) &&
  listAt(card, 'body').every(isElement) &&
  listAt(card, 'actions').every((action) => textAt(action, 'type') === 'Action.OpenUrl' && URL.canParse(textAt(action, 'url')));

function isElement(element: unknown): boolean {
  const type = textAt(element, 'type');
  if (type === 'TextBlock') return textAt(element, 'text') !== '';
  if (type === 'Container') return listAt(element, 'items').every(isElement);
  if (type === 'FactSet') return listAt(element, 'facts').every((fact) => textAt(fact, 'title') !== '');
  return ELEMENTS.includes(type);
}
