import { createTransport, type SendMailOptions } from 'nodemailer';
import { classifySmtpError } from './smtp-error.js';

/** Shorter than the claim on what is sent, so that nobody else sends what is still under way. */
const TIMEOUTS = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 30_000 } as const;

/** What every mail of ours has: no mail program answers it by itself, and nothing in it is fetched from files or the network. */
const OURS = {
  headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
  textEncoding: 'quoted-printable',
  disableFileAccess: true,
  disableUrlAccess: true,
} as const satisfies SendMailOptions;

/** One address, whatever its name contains: `Example, Jane <jane@example.com>` is not two. */
export function mailAddress(text: string): { name: string; address: string } {
  const [, name = '', address = text] = /^(.*)<([^<>]+)>\s*$/.exec(text) ?? [];
  return { name: name.trim(), address: address.trim() };
}

/** Connections to a mail server. */
export interface MailTransport {
  /** Resolves when the server took the mail; throws `TransientError` or `PermanentError`. */
  send(mail: SendMailOptions): Promise<void>;
  close(): void;
}

/** Mail over SMTP; plain with STARTTLS when offered (`smtp://`), or TLS from the start (`smtps://`). */
export function openMailTransport(smtpUrl: string): MailTransport {
  const transport = createTransport({ url: smtpUrl, pool: true, maxConnections: 3, ...TIMEOUTS }, {});
  return {
    async send(mail) {
      try {
        await transport.sendMail({ ...OURS, ...mail });
      } catch (error) {
        throw classifySmtpError(error);
      }
    },
    close: () => transport.close(),
  };
}
