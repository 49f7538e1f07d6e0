import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import type { Ledger } from './ledger.js';
import { chatHeard, mailHeard, requestHeard, type Heard } from './mentions.js';

/** What a receiver does with a notice: it says that it has taken it; takes it and says nothing; does not take it now. */
export type Mood = 'answers' | 'loses-answer' | 'refuses';

export interface ReceiverRules {
  /** Asked once a notice. */
  readonly mood: () => Mood;
  /** What the database says of a delivery when it arrives. */
  readonly statusOf: (heard: Heard) => Promise<string | null>;
  /** The play's clock. */
  readonly now: () => number;
  readonly ledger: Ledger;
}

export interface Receivers {
  readonly smtpPort: number;
  readonly url: string;
  close(): Promise<void>;
}

type Take = (heard: Heard, port: number) => Promise<Mood>;
interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

/** A mail server, a webhook receiver and Slack's calls, which lose some of their answers and refuse now and then. */
export async function startReceivers({ mood, statusOf, now, ledger }: ReceiverRules): Promise<Receivers> {
  const take: Take = async (heard, port) => {
    const statusBefore = await statusOf(heard);
    const how = mood();
    if (how !== 'refuses')
      ledger.add({ ...heard, at: Date.now(), storyAt: now(), port, isAnswerLost: how === 'loses-answer', statusBefore });
    return how;
  };
  const [smtp, http] = await Promise.all([startSmtp(take), startHttp(take)]);
  return {
    smtpPort: smtp.port,
    url: `http://127.0.0.1:${http.port}`,
    close: async () => void (await Promise.all([smtp.close(), http.close()])),
  };
}

async function startSmtp(take: Take): Promise<Listening> {
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    authOptional: true,
    onData: (stream, session, done) => {
      const [to] = session.envelope.rcptTo;
      readAll(stream)
        .then((raw) => mailHeard(raw, to?.address ?? ''))
        .then((heard) => take(heard, session.remotePort))
        .then((how) => {
          if (how === 'answers') return done();
          if (how === 'refuses') return done(Object.assign(new Error('Try again later'), { responseCode: 451 }));
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

async function startHttp(take: Take): Promise<Listening> {
  const server = createServer((request, response) => {
    readAll(request).then(
      (body) => answer(take, { request, body }, response),
      () => response.destroy(), // its sender died before it had said all
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

interface Asked {
  readonly request: IncomingMessage;
  readonly body: string;
}

async function answer(take: Take, { request, body }: Asked, response: ServerResponse): Promise<void> {
  const isChat = request.url?.startsWith('/chat') === true;
  // An update shows what is told below it anyway, and may be made as often as one likes.
  const isUpdate = request.url === '/chat/chat.update';
  const how = isUpdate ? 'answers' : await take(isChat ? chatHeard(body) : requestHeard(body), request.socket.remotePort ?? 0);
  if (how === 'loses-answer') return void response.socket?.destroy();
  if (how === 'refuses') return void response.writeHead(503).end();
  if (!isChat) return void response.writeHead(204).end();
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ ok: true, channel: 'C0NOC', ts: '1700000000.000100' }));
}

async function readAll(stream: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
