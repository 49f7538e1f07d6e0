import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** `pass`: what the cloud says; else an answer that repeats the headers it was asked with: as JSON of that status, as a page, or as a redirect. */
export type EchoMode = 'pass' | '401' | '404' | '500' | 'page' | 'redirect';

export interface EchoProxy {
  readonly url: string;
  setMode(mode: EchoMode): void;
  close(): Promise<void>;
}

/** Stands between the services and the cloud, as a proxy that prints whole requests into its error pages would. */
export async function startEchoProxy(cloudUrl: string): Promise<EchoProxy> {
  let mode: EchoMode = 'pass';
  const server = createServer((request, response) => {
    const answered = mode === 'pass' ? pass(cloudUrl, request, response) : echo(mode, request, response);
    answered.catch((error: unknown) => response.destroy(error instanceof Error ? error : new Error(String(error))));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    setMode: (next) => void (mode = next),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function pass(cloudUrl: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const answer = await fetch(new URL(request.url ?? '/', cloudUrl), {
    headers: { authorization: request.headers.authorization ?? '' },
    redirect: 'manual',
  });
  const body = Buffer.from(await answer.arrayBuffer());
  const kept = [...answer.headers].filter(
    ([name]) => !/^(content-length|content-encoding|transfer-encoding|connection)$/.test(name),
  );
  response.writeHead(answer.status, Object.fromEntries(kept)).end(body);
}

async function echo(mode: Exclude<EchoMode, 'pass'>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const headers = request.rawHeaders.join(' ');
  const authorization = request.headers.authorization ?? '';
  if (mode === 'page')
    response.writeHead(200, { 'content-type': 'text/html' }).end(`${authorization}<html><pre>${headers}</pre></html>`);
  else if (mode === 'redirect') response.writeHead(302, { location: `/login?as=${encodeURIComponent(authorization)}` }).end();
  else
    response
      .writeHead(Number(mode), { 'content-type': 'application/json' })
      .end(JSON.stringify({ detail: `Cannot serve ${headers}` }));
}
