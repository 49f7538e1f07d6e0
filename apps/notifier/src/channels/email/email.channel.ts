import type { EmailSettings } from '@app/shared';
import type { Accepted, Channel, ChannelDescription, OutgoingDelivery } from '../channel.js';
import type { Notification } from '../notification.js';
import { renderEmail } from './email.template.js';
import { mailAddress, openMailTransport, type MailTransport } from './mail-transport.js';
import { threadOf } from './message-id.js';

const ID = 'email';

/** Mails to those whom the section `email` and policies name. */
export function emailChannel(settings: EmailSettings): Channel {
  return new EmailChannel(settings);
}

class EmailChannel implements Channel {
  private readonly transport: MailTransport;

  constructor(private readonly settings: EmailSettings) {
    this.transport = openMailTransport(settings.smtpUrl);
  }

  describe(): ChannelDescription {
    const destinations = [...new Set(this.settings.to.map((address) => `${ID}:${address}`))];
    return { id: ID, name: 'E-mail', destinations, attachesReport: this.settings.summaryReport };
  }

  async send(notification: Notification, delivery: OutgoingDelivery): Promise<Accepted> {
    const { from, replyTo } = this.settings;
    const { messageId, inReplyTo, references } = threadOf(delivery, from);
    const { report } = delivery;
    await this.transport.send({
      from: mailAddress(from),
      to: mailAddress(delivery.destination.slice(ID.length + 1)),
      ...(replyTo === undefined ? {} : { replyTo: mailAddress(replyTo) }),
      ...renderEmail(notification),
      date: new Date(delivery.createdAt),
      messageId,
      ...(inReplyTo === null ? {} : { inReplyTo, references: [...references] }),
      attachments:
        report === null ? [] : [{ filename: report.fileName, content: report.text, contentType: 'text/plain; charset=utf-8' }],
    });
    return { messageId, remoteId: null };
  }

  close(): Promise<void> {
    this.transport.close();
    return Promise.resolve();
  }
}
