import { TransientError, type TeamsSettings } from '@app/shared';
import type { Accepted, Channel, ChannelDescription, OutgoingDelivery } from '../channel.js';
import { noticeIdOf } from '../delivery-id.js';
import { httpFor, type ChannelParts } from '../http/channel-parts.js';
import type { HttpClient } from '../http/http-client.js';
import type { Notification } from '../notification.js';
import { teamsMessage } from './teams.card.js';

/** An Adaptive Card to a workflow of Teams, which posts it. Posted cards cannot be changed from outside: every notice is a new one. */
export const teamsChannel = (settings: TeamsSettings, parts: ChannelParts): Channel =>
  new TeamsChannel(settings, httpFor('Teams', settings, parts));

class TeamsChannel implements Channel {
  constructor(
    private readonly settings: TeamsSettings,
    private readonly http: HttpClient,
  ) {}

  describe(): ChannelDescription {
    const { id } = this.settings;
    return { id, name: 'Microsoft Teams', destinations: [`${id}:workflow`], attachesReport: false };
  }

  async send(notification: Notification, delivery: OutgoingDelivery): Promise<Accepted> {
    const messageId = noticeIdOf(delivery);
    const body = teamsMessage(notification, messageId);
    const { contentType, status } = await this.http.send({ method: 'POST', url: this.settings.webhookUrl, body });
    // A workflow answers 202 and nothing; a page is a proxy's, which asks to sign in.
    if (/html/i.test(contentType))
      throw new TransientError('ANSWER_UNREADABLE', `Teams answered ${status} with a page in HTML, which no workflow does.`);
    return { messageId, remoteId: null };
  }

  close(): Promise<void> {
    return this.http.close();
  }
}
