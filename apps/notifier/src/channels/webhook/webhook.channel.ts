import type { Clock, WebhookSettings } from '@app/shared';
import type { Accepted, Channel, ChannelDescription, OutgoingDelivery } from '../channel.js';
import { noticeIdOf } from '../delivery-id.js';
import { httpFor, type ChannelParts } from '../http/channel-parts.js';
import type { HttpClient } from '../http/http-client.js';
import type { Notification } from '../notification.js';
import { signatureOf } from './signature.js';
import { webhookBody } from './webhook.body.js';

/** Signed JSON to a program of somebody else, which knows repeated deliveries by their id. */
export const webhookChannel = (settings: WebhookSettings, parts: ChannelParts): Channel =>
  new WebhookChannel(settings, httpFor('The webhook', settings, parts), parts.clock);

class WebhookChannel implements Channel {
  constructor(
    private readonly settings: WebhookSettings,
    private readonly http: HttpClient,
    private readonly clock: Clock,
  ) {}

  /** Paths of webhooks are secrets, hosts are not. */
  describe(): ChannelDescription {
    const { id, url } = this.settings;
    return { id, name: 'Webhook', destinations: [`${id}:${new URL(url).host}`], attachesReport: false };
  }

  async send(notification: Notification, delivery: OutgoingDelivery): Promise<Accepted> {
    const { url, secret, previousSecret, headers } = this.settings;
    const id = noticeIdOf(delivery);
    const atSeconds = Math.floor(this.clock.now() / 1_000);
    const body = JSON.stringify(webhookBody(notification, id));
    const secrets = [secret, ...(previousSecret === undefined ? [] : [previousSecret])];
    await this.http.send({
      method: 'POST',
      url,
      body,
      headers: {
        ...headers,
        'webhook-id': id,
        'webhook-timestamp': String(atSeconds),
        'webhook-signature': signatureOf({ id, atSeconds, body }, secrets),
      },
    });
    return { messageId: id, remoteId: null };
  }

  close(): Promise<void> {
    return this.http.close();
  }
}
