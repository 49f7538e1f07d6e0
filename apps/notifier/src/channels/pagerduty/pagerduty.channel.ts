import { TransientError, type PagerDutySettings } from '@app/shared';
import type { Accepted, Channel, ChannelDescription, OutgoingDelivery } from '../channel.js';
import { noticeIdOf, threadIdOf } from '../delivery-id.js';
import { httpFor, type ChannelParts } from '../http/channel-parts.js';
import type { HttpClient } from '../http/http-client.js';
import { textOf } from '../http/json.js';
import type { Notification } from '../notification.js';
import { pagerDutyEvent } from './pagerduty.event.js';

/** Events to a service of PagerDuty; what is sent twice is one there. */
export const pagerDutyChannel = (settings: PagerDutySettings, parts: ChannelParts): Channel =>
  new PagerDutyChannel(settings, httpFor('PagerDuty', settings, parts));

class PagerDutyChannel implements Channel {
  constructor(
    private readonly settings: PagerDutySettings,
    private readonly http: HttpClient,
  ) {}

  describe(): ChannelDescription {
    const { id } = this.settings;
    return { id, name: 'PagerDuty', destinations: [`${id}:service`], attachesReport: false };
  }

  async send(notification: Notification, delivery: OutgoingDelivery): Promise<Accepted> {
    const messageId = noticeIdOf(delivery);
    const dedupKey = threadIdOf(delivery);
    const { routingKey } = this.settings;
    await this.enqueue(pagerDutyEvent(notification, { routingKey, dedupKey, noticeId: messageId }));
    return { messageId, remoteId: dedupKey };
  }

  close(): Promise<void> {
    return this.http.close();
  }

  private async enqueue(body: object): Promise<void> {
    const answer = await this.http.send({ method: 'POST', url: this.settings.eventsUrl, body });
    const status = textOf(this.http.json(answer), 'status');
    if (status !== 'success')
      throw new TransientError('ANSWER_UNREADABLE', `PagerDuty answered ${answer.status} without saying that it took the event.`);
  }
}
