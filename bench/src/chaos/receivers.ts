import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

export type Way = 'email' | 'hook';

/** A notice that a receiver took. */
export interface Receipt {
  readonly way: Way;
  /** `Message-ID` or `webhook-id`. */
  readonly id: string;
  readonly site: string;
  readonly isRecovery: boolean;
  readonly at: number;
  /** Port of the sender. */
  readonly port: number;
  /** Taken, and the connection cut instead of an answer. */
  readonly isAnswerLost: boolean;
  /** What the database said of the delivery when it came: `sent` must not come again. */
  readonly statusBefore: string | null;
}

type Arrived = Omit<Receipt, 'at' | 'isAnswerLost' | 'statusBefore'>;

export interface Receivers {
  readonly smtpPort: number;
  readonly hookUrl: string;
  readonly receipts: readonly Receipt[];
  close(): Promise<void>;
}

export interface ReceiverRules {
  /** Is the answer to be lost? Asked once a notice. */
  readonly losesAnswer: () => boolean;
  /** What the database says of a delivery. */
  readonly statusOf: (way: Way, id: string) => Promise<string | null>;
}

const SITE = /Site-\d+/;

/** A mail server and a webhook receiver that take everything, and lose some of their answers. */
export async function startReceivers(rules: ReceiverRules): Promise<Receivers> {
  const receipts: Receipt[] = [];
  const take = async (arrived: Arrived): Promise<boolean> => {
    const statusBefore = await rules.statusOf(arrived.way, arrived.id);
    const isAnswerLost = rules.losesAnswer();
    receipts.push({ ...arrived, at: Date.now(), isAnswerLost, statusBefore });
    return !isAnswerLost;
  };
  const [smtp, hook] = await Promise.all([startSmtp(take), startHook(take)]);
  return {
    smtpPort: smtp.port,
    hookUrl: `http://127.0.0.1:${hook.port}/notices`,
    receipts,
    close: async () => void (await Promise.all([smtp.close(), hook.close()])),
  };
}

type Take = (arrived: Arrived) => Promise<boolean>;
interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

async function startSmtp(take: Take): Promise<Listening> {
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    authOptional: true,
    onData: (stream, session, done) => {
      readAll(stream)
        .then((raw) => take(mailOf(raw, session.remotePort)))
        .then((isAnswered) => {
          if (isAnswered) return done();
          for (const { _socket } of server.connections) if (_socket.remotePort === session.remotePort) _socket.destroy();
        }, done);
    },
  });
  server.on('error', () => undefined); // a sender that died in the middle is what this is about
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

async function startHook(take: Take): Promise<Listening> {
  const server = createServer((request, response) => {
    readAll(request)
      .then((body) => take(requestOf(body, String(request.headers['webhook-id']), request.socket.remotePort ?? 0)))
      .then(
        (isAnswered) => (isAnswered ? response.writeHead(204).end() : response.socket?.destroy()),
        () => response.destroy(),
      );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readAll(stream: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function mailOf(raw: string, port: number): Arrived {
  const id = /^message-id:\s*<([^>]+)>/im.exec(raw)?.[1] ?? '';
  const subject = /^subject:\s*(.*)$/im.exec(raw)?.[1] ?? '';
  return { way: 'email', id, site: SITE.exec(raw)?.[0] ?? '', isRecovery: subject.includes('RECOVERED'), port };
}

function requestOf(body: string, id: string, port: number): Arrived {
  const isRecovery = body.includes('"type":"incident.recovered"');
  return { way: 'hook', id, site: SITE.exec(body)?.[0] ?? '', isRecovery, port };
}
