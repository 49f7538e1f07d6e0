import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * `throttle`: 429, to be tried again after 7 s; `broken`: 500; `refuse`: 403; `silence`: no answer ever; `reset`: the connection is cut before anything
 * was read; `answer-lost`: taken, and the connection cut; `redirect`: to a place inside; `huge`: taken, and an endless answer; `html`: a page of somebody else.
 */
export const HTTP_FAULTS = [
  'throttle',
  'broken',
  'refuse',
  'silence',
  'reset',
  'answer-lost',
  'redirect',
  'huge',
  'html',
] as const;
export type HttpFault = (typeof HTTP_FAULTS)[number];

export interface ReceivedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface GivenAnswer {
  readonly status: number;
  /** A text is sent as it is, all else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface HttpReceiver {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Everything that was handled. */
  readonly requests: readonly ReceivedRequest[];
  setFault(fault: HttpFault | null): void;
  close(): Promise<void>;
}

/** A real HTTP server that behaves as `handle` says, and misbehaves on request. */
export async function startHttpReceiver(handle: (request: ReceivedRequest) => GivenAnswer): Promise<HttpReceiver> {
  const requests: ReceivedRequest[] = [];
  let fault: HttpFault | null = null;
  const server = createServer((message, response) => {
    if (fault === 'reset') return void message.socket.resetAndDestroy();
    const body: Buffer[] = [];
    message.on('data', (chunk: Buffer) => body.push(chunk));
    message.on('end', () => {
      const { method = '', url = '', headers } = message;
      const request = { method, path: url, headers, body: Buffer.concat(body).toString('utf8') };
      const answer = (): GivenAnswer => {
        requests.push(request);
        return handle(request);
      };
      misbehave(fault, answer, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    setFault: (next) => void (fault = next),
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function misbehave(fault: HttpFault | null, handled: () => GivenAnswer, response: ServerResponse): void {
  switch (fault) {
    case null:
      return answer(response, handled());
    case 'throttle':
      return answer(response, { status: 429, body: 'slow down' }, { 'retry-after': '7' });
    case 'broken':
      return answer(response, { status: 500, body: { error: 'something broke' } });
    case 'refuse':
      return answer(response, { status: 403, body: { error: 'not for you' } });
    case 'redirect':
      return answer(response, { status: 307 }, { location: 'http://127.0.0.1:1/inside?token=of-somebody' });
    case 'html':
      return answer(response, { status: 200, body: '<html><body>Please sign in</body></html>' }, { 'content-type': 'text/html' });
    case 'answer-lost':
      handled();
      return void response.socket?.destroy();
    case 'huge':
      return endless(response, handled());
    case 'silence':
    case 'reset':
      return;
  }
}

function answer(response: ServerResponse, { status, body, headers: given }: GivenAnswer, headers = given): void {
  const isText = typeof body === 'string' || body === undefined;
  response.writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json', ...headers });
  response.end(isText ? body : JSON.stringify(body));
}

function endless(response: ServerResponse, { status }: GivenAnswer): void {
  // 204 would mean that there is no body, and none would be sent.
  response.writeHead(status === 204 ? 200 : status, { 'content-type': 'application/json' });
  const chunk = 'x'.repeat(65_536);
  const write = (): void => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', write);
  write();
}
