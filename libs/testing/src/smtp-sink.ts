import type { AddressInfo } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { waitFor } from './wait-for.js';

/**
 * `refuse`: no connection is accepted; `451`: try again later; `550`: never; `drop-after-data`: the mail is taken, the answer is lost;
 * `auth`: the credentials are refused, by an answer that repeats them.
 */
export type SmtpFault = 'refuse' | '451' | '550' | 'drop-after-data' | 'auth';

export interface SinkMail extends Email {
  readonly raw: string;
  readonly envelope: { readonly from: string; readonly to: readonly string[] };
  /** When all of it was there and the server was about to say so, by `performance.now()`. */
  readonly takenAt: number;
}

export interface SmtpSink {
  readonly port: number;
  readonly mails: readonly SinkMail[];
  /** Waits until at least this many mails are there and returns them. */
  waitFor(count: number, timeoutMs?: number): Promise<readonly SinkMail[]>;
  setFault(fault: SmtpFault | null): void;
  close(): Promise<void>;
}

/** A real SMTP server that keeps what it gets, and misbehaves on request. */
export async function startSmtpSink(): Promise<SmtpSink> {
  const mails: SinkMail[] = [];
  let fault: SmtpFault | null = null;
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    authOptional: true,
    // Any credentials will do unless a spec is about passwords.
    onAuth: (auth, _session, done) => {
      if (fault === 'auth') done(smtpError(535, `Not the password: ${auth.username ?? ''} ${auth.password ?? ''}`));
      else done(null, { user: auth.username ?? 'anyone' });
    },
    onConnect: (_session, done) => done(fault === 'refuse' ? smtpError(421, 'Not now') : null),
    onData: (stream, session, done) => {
      readMail(stream, session).then((mail) => {
        if (fault === '451') return done(smtpError(451, 'Try again later'));
        if (fault === '550') return done(smtpError(550, 'Not wanted here'));
        mails.push(mail);
        if (fault !== 'drop-after-data') return done();
        for (const connection of server.connections) connection._socket.destroy();
      }, done);
    },
  });
  server.on('error', () => undefined); // a client that hangs up is its own affair
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    waitFor: async (count, timeoutMs = 10_000) =>
      waitFor(() => mails.length >= count && mails, {
        timeoutMs,
        describe: () => `${count} mails; there are ${mails.length}: ${mails.map((mail) => mail.subject).join(', ')}`,
      }),
    setFault: (next) => void (fault = next),
    close: async () => new Promise<void>((resolve) => server.close(resolve)),
  };
}

const smtpError = (responseCode: number, message: string): Error => Object.assign(new Error(message), { responseCode });

async function readMail(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<SinkMail> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  const raw = Buffer.concat(chunks).toString('utf8');
  const { mailFrom, rcptTo } = session.envelope;
  const envelope = { from: mailFrom === false ? '' : mailFrom.address, to: rcptTo.map(({ address }) => address) };
  const takenAt = performance.now();
  return { ...(await PostalMime.parse(raw)), raw, envelope, takenAt };
}
