import { createConnection } from 'node:net';
import { startSmtpSink, type SmtpSink } from './smtp-sink.js';

/** Speaks SMTP by hand: one answer per line sent; resolves with all that the server said. */
async function speak(port: number): Promise<string> {
  const lines = [
    'EHLO example.com',
    'MAIL FROM:<a@example.com>',
    'RCPT TO:<b@example.com>',
    'DATA',
    'Subject: Circuit down\r\n\r\nwan0 is down\r\n.',
    'QUIT',
  ];
  return new Promise((resolve, reject) => {
    const socket = createConnection(port, '127.0.0.1');
    let heard = '';
    socket.on('data', (chunk) => {
      heard += chunk.toString();
      const isWholeAnswer = /^\d{3} .*\r\n$/m.test(chunk.toString());
      const next = isWholeAnswer ? lines.shift() : undefined;
      if (next !== undefined) socket.write(`${next}\r\n`);
    });
    socket.once('error', reject);
    socket.once('close', () => resolve(heard));
  });
}

let sink: SmtpSink;
beforeEach(async () => {
  sink = await startSmtpSink();
});
afterEach(async () => sink.close());

test('the sink keeps what it is sent', async () => {
  await speak(sink.port);
  const [mail] = await sink.waitFor(1);
  expect(mail).toMatchObject({
    subject: 'Circuit down',
    text: 'wan0 is down\n',
    envelope: { from: 'a@example.com', to: ['b@example.com'] },
  });
});

test('told to fail for now, it answers 451 and keeps nothing', async () => {
  sink.setFault('451');
  expect(await speak(sink.port)).toContain('451');
  expect(sink.mails).toHaveLength(0);
});

test('told to refuse, it ends the connection with 421', async () => {
  sink.setFault('refuse');
  expect(await speak(sink.port)).toMatch(/^421/);
});

test('told to drop after data, it has the mail and the sender no answer', async () => {
  sink.setFault('drop-after-data');
  expect(await speak(sink.port)).toMatch(/354.*\r\n$/);
  expect(sink.mails).toHaveLength(1);
});
