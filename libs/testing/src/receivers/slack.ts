import { startHttpReceiver, type GivenAnswer, type HttpReceiver, type ReceivedRequest } from '../http-receiver.js';
import { at, listAt, parseJson, textAt } from './json.js';

export interface SlackPost {
  readonly ts: string;
  readonly threadTs: string | null;
  readonly isBroadcast: boolean;
  /** As it was posted. */
  readonly posted: readonly unknown[];
  /** As it stands after the last update. */
  text: string;
  blocks: readonly unknown[];
}

export interface FakeSlack extends HttpReceiver {
  readonly webhookUrl: string;
  readonly apiUrl: string;
  readonly token: string;
  /** Messages of the one channel, replies among them. */
  readonly posts: readonly SlackPost[];
  readonly updates: number;
  /** Somebody deletes everything. */
  clear(): void;
  /** An error that every call of a bot gets, with a status of 200. */
  say(error: string | null): void;
}

const TOKEN = 'xoxb-hook-secret-token';
const WEBHOOK_PATH = '/services/T0/B0/hook-secret';
const CHANNEL_ID = 'C0NOC';

/** Incoming webhooks and the two calls of a bot, as strict as Slack about blocks. */
export async function startFakeSlack(): Promise<FakeSlack> {
  const slack = new Workspace();
  const receiver = await startHttpReceiver((request) =>
    request.path === WEBHOOK_PATH ? slack.webhook(request) : slack.call(request),
  );
  return {
    ...receiver,
    webhookUrl: receiver.url + WEBHOOK_PATH,
    apiUrl: `${receiver.url}/api`,
    token: TOKEN,
    posts: slack.posts,
    get updates() {
      return slack.updates;
    },
    clear: () => void slack.posts.splice(0),
    say: (error) => void (slack.error = error),
  };
}

class Workspace {
  readonly posts: SlackPost[] = [];
  updates = 0;
  error: string | null = null;
  private last = 1_700_000_000;

  webhook({ body }: ReceivedRequest): GivenAnswer {
    const message = parseJson(body);
    if (faultOf(message) !== null) return { status: 400, body: 'invalid_payload' };
    this.post(message);
    return { status: 200, body: 'ok' };
  }

  call({ path, headers, body }: ReceivedRequest): GivenAnswer {
    if (headers.authorization !== `Bearer ${TOKEN}`) return refused('invalid_auth');
    if (this.error !== null) return refused(this.error);
    const message = parseJson(body);
    const fault = faultOf(message);
    if (fault !== null) return refused(fault);
    if (path === '/api/chat.postMessage') return this.postMessage(message);
    return path === '/api/chat.update' ? this.update(message) : refused('unknown_method');
  }

  private postMessage(message: unknown): GivenAnswer {
    if (!['#noc', CHANNEL_ID].includes(textAt(message, 'channel'))) return refused('channel_not_found');
    return { status: 200, body: { ok: true, channel: CHANNEL_ID, ts: this.post(message).ts } };
  }

  private update(message: unknown): GivenAnswer {
    // Unlike posting, updating takes the id of a channel only.
    if (textAt(message, 'channel') !== CHANNEL_ID) return refused('channel_not_found');
    const post = this.posts.find(({ ts }) => ts === textAt(message, 'ts'));
    if (post === undefined) return refused('message_not_found');
    Object.assign(post, { text: textAt(message, 'text'), blocks: listAt(message, 'blocks') });
    this.updates += 1;
    return { status: 200, body: { ok: true, channel: CHANNEL_ID, ts: post.ts } };
  }

  private post(message: unknown): SlackPost {
    const threadTs = textAt(message, 'thread_ts');
    const post = {
      ts: `${(this.last += 1)}.000100`,
      threadTs: threadTs === '' ? null : threadTs,
      isBroadcast: at(message, 'reply_broadcast') === true,
      text: textAt(message, 'text'),
      posted: listAt(message, 'blocks'),
      blocks: listAt(message, 'blocks'),
    };
    this.posts.push(post);
    return post;
  }
}

const refused = (error: string): GivenAnswer => ({ status: 200, body: { ok: false, error } });

const MAX_TEXTS = { header: 150, section: 3_000, field: 2_000, element: 3_000 };

/** What Slack finds wrong with a message; `null` = nothing. */
function faultOf(message: unknown): string | null {
  const blocks = listAt(message, 'blocks');
  if (textAt(message, 'text') === '') return 'no_text';
  if (blocks.length > 50) return 'too_many_blocks';
  return blocks.every(isValidBlock) ? null : 'invalid_blocks';
}

const fits = (text: string, max: number): boolean =>
  text.length > 0 && text.length <= max && !/<(?!https?:\/\/[^<>|\s]+\|[^<>|]+>)/.test(text);

function isValidBlock(block: unknown): boolean {
  if (textAt(block, 'block_id').length > 255) return false;
  switch (textAt(block, 'type')) {
    case 'header':
      return textAt(block, 'text', 'type') === 'plain_text' && lengthWithin(textAt(block, 'text', 'text'), MAX_TEXTS.header);
    case 'section': {
      const fields = listAt(block, 'fields');
      if (at(block, 'text') === undefined)
        return fields.length > 0 && fields.length <= 10 && fields.every((field) => fits(textAt(field, 'text'), MAX_TEXTS.field));
      return fits(textAt(block, 'text', 'text'), MAX_TEXTS.section);
    }
    case 'context': {
      const elements = listAt(block, 'elements');
      return (
        elements.length > 0 &&
        elements.length <= 10 &&
        elements.every((element) => fits(textAt(element, 'text'), MAX_TEXTS.element))
      );
    }
    default:
      return false;
  }
}

const lengthWithin = (text: string, max: number): boolean => text.length > 0 && text.length <= max;
