import { PermanentError, TransientError, type SlackSettings } from '@app/shared';
import {
  addressOf,
  NotTakenError,
  type Accepted,
  type Channel,
  type ChannelDescription,
  type OutgoingDelivery,
} from '../channel.js';
import { noticeIdOf } from '../delivery-id.js';
import { httpFor, type ChannelParts } from '../http/channel-parts.js';
import type { HttpClient } from '../http/http-client.js';
import { fieldOf, textOf } from '../http/json.js';
import { isNews } from '../notice.format.js';
import type { Notification } from '../notification.js';
import { slackMessage, slackReply, type SlackMessage } from './slack.message.js';

/** A bot updates its message and answers below it; an incoming webhook can only post one message after the other. */
export function slackChannel(settings: SlackSettings, parts: ChannelParts): Channel {
  const http = httpFor('Slack', settings, parts);
  const { webhookUrl, token, channel } = settings;
  if (webhookUrl !== undefined) return new SlackWebhook(settings.id, webhookUrl, http);
  return new SlackBot({ id: settings.id, apiUrl: settings.apiUrl, token: token ?? '', channel: channel ?? '' }, http);
}

const describe = (id: string, address: string): ChannelDescription => ({
  id,
  name: 'Slack',
  destinations: [`${id}:${address}`],
  attachesReport: false,
});

class SlackWebhook implements Channel {
  constructor(
    private readonly id: string,
    private readonly url: string,
    private readonly http: HttpClient,
  ) {}

  describe(): ChannelDescription {
    return describe(this.id, 'incoming-webhook');
  }

  async send(notification: Notification, delivery: OutgoingDelivery): Promise<Accepted> {
    const messageId = noticeIdOf(delivery);
    const body = slackMessage(notification, messageId);
    const { text, status } = await this.http.send({ method: 'POST', url: this.url, body });
    if (text.trim() !== 'ok')
      throw new TransientError('ANSWER_UNREADABLE', `Slack answered ${status} with ${text.length} characters instead of "ok".`);
    return { messageId, remoteId: null };
  }

  close(): Promise<void> {
    return this.http.close();
  }
}

interface Bot {
  readonly id: string;
  readonly apiUrl: string;
  readonly token: string;
  readonly channel: string;
}

/** Slack's words for "not now"; it says them with a status of 200. */
const LATER = new Set(['ratelimited', 'rate_limited', 'internal_error', 'fatal_error', 'service_unavailable', 'request_timeout']);
/** The message cannot be updated any more, by age or because somebody deleted it. */
const GONE = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed', 'thread_not_found', 'channel_not_found']);
const HINTS: Readonly<Record<string, string>> = {
  not_in_channel: ': invite the app to the channel',
  channel_not_found: ': there is no such channel, or the app is not in it',
  invalid_auth: ': the token is not valid',
  token_revoked: ': the token is not valid any more',
  missing_scope: ': the app needs the scope chat:write',
};

class SlackBot implements Channel {
  constructor(
    private readonly bot: Bot,
    private readonly http: HttpClient,
  ) {}

  describe(): ChannelDescription {
    return describe(this.bot.id, this.bot.channel);
  }

  async send(notification: Notification, delivery: OutgoingDelivery): Promise<Accepted> {
    const messageId = noticeIdOf(delivery);
    const root = rootOf(delivery);
    const message = slackMessage(notification, messageId);
    if (root !== null && (await this.update(root, message))) {
      const reply = { ...slackReply(notification, messageId), thread_ts: root.ts, reply_broadcast: isNews(notification) };
      await this.call('chat.postMessage', { channel: root.channel, ...reply });
      return { messageId, remoteId: remoteIdOf(root) };
    }
    const answer = await this.call('chat.postMessage', { channel: addressOf(delivery), ...message });
    const posted = { channel: textOf(answer, 'channel') ?? '', ts: textOf(answer, 'ts') ?? '' };
    return { messageId, remoteId: posted.channel === '' || posted.ts === '' ? null : remoteIdOf(posted) };
  }

  close(): Promise<void> {
    return this.http.close();
  }

  /** Whether the message is still there to be updated. */
  private async update({ channel, ts }: Root, message: SlackMessage): Promise<boolean> {
    const answer = await this.call('chat.update', { channel, ts, text: message.text, blocks: message.blocks }, GONE);
    return fieldOf(answer, 'ok') === true;
  }

  private async call(method: string, body: object, understood: ReadonlySet<string> = new Set()): Promise<unknown> {
    const { apiUrl, token } = this.bot;
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json; charset=utf-8' };
    const answer = this.http.json(await this.http.send({ method: 'POST', url: `${apiUrl}/${method}`, headers, body }));
    const error = textOf(answer, 'error') ?? 'unknown_error';
    if (fieldOf(answer, 'ok') === true || understood.has(error)) return answer;
    const message = `Slack refused ${method} with ${error}${HINTS[error] ?? ''}`;
    throw LATER.has(error) ? new NotTakenError('SLACK_BUSY', message) : new PermanentError('SLACK_REFUSED', message);
  }
}

/** The message that shows the incident. */
interface Root {
  readonly channel: string;
  readonly ts: string;
}

const remoteIdOf = ({ channel, ts }: Root): string => `${channel}/${ts}`;

function rootOf({ thread }: OutgoingDelivery): Root | null {
  const [channel = '', ts = ''] = (thread?.latest.remoteId ?? '').split('/');
  return channel === '' || ts === '' ? null : { channel, ts };
}
