import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';

/** Newest mails kept for reading in the browser; files stay. */
const KEPT_MAILS = 200;
const MAX_MAIL_BYTES = 5 * 1024 * 1024;

export interface CaughtMail {
  readonly id: number;
  readonly file: string;
  readonly mail: Email;
}

export interface MailCatcher {
  readonly smtpUrl: string;
  readonly webUrl: string;
  mails(): readonly CaughtMail[];
  close(): Promise<void>;
}

export interface MailCatcherOptions {
  readonly directory: string;
  readonly smtpPort?: number;
  readonly webPort?: number;
  readonly host?: string;
}

const listening = (
  server: { listen(port: number, host: string, done: () => void): unknown },
  port: number,
  host: string,
): Promise<void> =>
  new Promise((resolve) => {
    server.listen(port, host, resolve);
  });

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

function indexPage(mails: readonly CaughtMail[]): string {
  const rows = [...mails]
    .reverse()
    .map(({ id, mail }) => {
      const to = (mail.to ?? []).map((address) => address.address ?? '').join(', ');
      return `<tr><td>${escapeHtml(mail.date ?? '')}</td><td>${escapeHtml(to)}</td><td><a href="/${id}">${escapeHtml(mail.subject ?? '')}</a></td><td><a href="/${id}.txt">text</a> <a href="/${id}.eml">source</a></td></tr>`;
    })
    .join('\n');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Caught mails</title><meta http-equiv="refresh" content="5">
<style>body{font:16px system-ui;margin:2rem}td{padding:.3rem .8rem;border-bottom:1px solid #8884}</style></head>
<body><h1>Caught mails (${mails.length})</h1><table>${rows}</table></body></html>`;
}

/** A local SMTP server that accepts everything and delivers nothing: mails become files and a page in the browser. */
export async function startMailCatcher(options: MailCatcherOptions): Promise<MailCatcher> {
  await mkdir(options.directory, { recursive: true });
  const host = options.host ?? '127.0.0.1';
  const caught: CaughtMail[] = [];
  const sources = new Map<number, Buffer>();
  let next = 1;

  const keep = async (raw: Buffer): Promise<void> => {
    const id = next++;
    const file = join(options.directory, `${String(id).padStart(4, '0')}.eml`);
    await writeFile(file, raw);
    caught.push({ id, file, mail: await PostalMime.parse(raw) });
    sources.set(id, raw);
    const oldest = caught.length > KEPT_MAILS ? caught.shift() : undefined;
    if (oldest !== undefined) sources.delete(oldest.id);
  };

  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    size: MAX_MAIL_BYTES,
    onData(stream, _session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        keep(Buffer.concat(chunks)).then(() => done(), done);
      });
    },
  });
  await listening(smtp, options.smtpPort ?? 0, host);
  const web = createServer((request, response) => answer(request, response, caught, sources));
  await listening(web, options.webPort ?? 0, host);

  return {
    smtpUrl: `smtp://${host}:${(smtp.server.address() as AddressInfo).port}`,
    webUrl: `http://${host}:${(web.address() as AddressInfo).port}`,
    mails: () => caught,
    close: async () => {
      await new Promise<void>((resolve) => smtp.close(resolve));
      await closeServer(web);
    },
  };
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
  });
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  caught: readonly CaughtMail[],
  sources: ReadonlyMap<number, Buffer>,
): void {
  const send = (status: number, type: string, body: string | Buffer): void => {
    // A mail is somebody else's HTML: it may style itself and nothing more.
    const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox";
    response.writeHead(status, { 'content-type': type, 'content-security-policy': policy }).end(body);
  };
  if (request.url === '/' || request.url === undefined) return send(200, 'text/html; charset=utf-8', indexPage(caught));
  if (request.url === '/health/live') return send(200, 'text/plain', 'ok');
  const [, id, form] = /^\/(\d+)(?:\.(txt|eml))?$/.exec(request.url) ?? [];
  const found = caught.find((mail) => String(mail.id) === id);
  if (found === undefined) return send(404, 'text/plain', 'no such mail');
  if (form === 'eml') return send(200, 'message/rfc822', sources.get(found.id) ?? '');
  if (form === 'txt') return send(200, 'text/plain; charset=utf-8', found.mail.text ?? '');
  send(200, 'text/html; charset=utf-8', found.mail.html ?? `<pre>${escapeHtml(found.mail.text ?? '')}</pre>`);
}
