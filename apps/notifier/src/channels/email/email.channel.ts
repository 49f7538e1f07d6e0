import { createTransport } from 'nodemailer';
import type { EmailSettings } from '@app/shared';
import type { Accepted, Channel, ChannelDescription, OutgoingDelivery } from '../channel.js';
import type { Notification } from '../notification.js';
import { classifySmtpError } from './smtp-error.js';
import { renderEmail } from './email.template.js';
import { threadOf } from './message-id.js';

const ID = 'email';
/** Shorter than the claim on a delivery, so that nobody else sends what is still under way. */
const TIMEOUTS = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 30_000 } as const;

/** Mail over SMTP; plain with STARTTLS when offered (`smtp://`), or TLS from the start (`smtps://`). */
export function emailChannel(settings: EmailSettings): Channel {
  return new EmailChannel(settings);
}

/** One address, whatever its name contains: `Example, Jane <jane@example.com>` is not two. */
function addressOf(text: string): { name: string; address: string } {
  const [, name = '', address = text] = /^(.*)<([^<>]+)>\s*$/.exec(text) ?? [];
  return { name: name.trim(), address: address.trim() };
}

class EmailChannel implements Channel {
  private readonly transport;

  constructor(private readonly settings: EmailSettings) {
    this.transport = createTransport({ url: settings.smtpUrl, pool: true, maxConnections: 3, ...TIMEOUTS }, {});
  }

  describe(): ChannelDescription {
    const destinations = [...new Set(this.settings.to.map((address) => `${ID}:${address}`))];
    return { id: ID, name: 'E-mail', destinations, attachesReport: this.settings.summaryReport };
  }

  async send(notification: Notification, delivery: OutgoingDelivery): Promise<Accepted> {
    const { from, replyTo } = this.settings;
    const { messageId, inReplyTo, references } = threadOf(delivery, from);
    const { report } = delivery;
    try {
      await this.transport.sendMail({
        from: addressOf(from),
        to: addressOf(delivery.destination.slice(ID.length + 1)),
        ...(replyTo === undefined ? {} : { replyTo: addressOf(replyTo) }),
        ...renderEmail(notification),
        date: new Date(delivery.createdAt),
        messageId,
        ...(inReplyTo === null ? {} : { inReplyTo, references: [...references] }),
        headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
        textEncoding: 'quoted-printable',
        attachments:
          report === null ? [] : [{ filename: report.fileName, content: report.text, contentType: 'text/plain; charset=utf-8' }],
        disableFileAccess: true,
        disableUrlAccess: true,
      });
    } catch (error) {
      throw classifySmtpError(error);
    }
    return { messageId, remoteId: null };
  }

  close(): Promise<void> {
    this.transport.close();
    return Promise.resolve();
  }
}
