import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { scrubText } from '../config/redact.js';

/** Resolves when the thing works; its error says what does not. */
export type HealthCheck = () => Promise<unknown>;

export interface HealthServerOptions {
  readonly service: string;
  readonly port: number;
  readonly host?: string;
  readonly checks: Readonly<Record<string, HealthCheck>>;
  /** Where the service counts; one with the process's own metrics is made when absent. */
  readonly registry?: Registry;
}

const CHECK_TIMEOUT_MS = 3_000;

/** `/health/live`, `/health/ready` and `/metrics` of a worker service, beside its queue. */
export class HealthServer {
  readonly registry: Registry;
  private readonly server: Server;
  private isStopping = false;

  constructor(private readonly options: HealthServerOptions) {
    this.registry = options.registry ?? ownRegistry(options.service);
    this.server = createServer((request, response) => {
      this.answer(request.url ?? '/', response).catch((error: unknown) =>
        send(response, 500, { status: 'error', reason: reasonOf(error) }),
      );
    });
  }

  /** Listens and returns the port. */
  async start(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.options.port, this.options.host ?? '0.0.0.0', resolve);
    });
    return (this.server.address() as AddressInfo).port;
  }

  /** From now on not ready, so that nobody sends new work while the service finishes. */
  markStopping(): void {
    this.isStopping = true;
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }

  private async answer(url: string, response: ServerResponse): Promise<void> {
    const path = url.split('?')[0];
    if (path === '/health/live') return send(response, 200, { status: 'ok', service: this.options.service });
    if (path === '/health/ready') return this.answerReady(response);
    if (path === '/metrics') {
      const body = await this.registry.metrics();
      response.writeHead(200, { 'content-type': this.registry.contentType }).end(body);
      return;
    }
    send(response, 404, { status: 'not found', paths: ['/health/live', '/health/ready', '/metrics'] });
  }

  private async answerReady(response: ServerResponse): Promise<void> {
    if (this.isStopping) return send(response, 503, { status: 'stopping' });
    const checks = await runChecks(this.options.checks);
    const isReady = Object.values(checks).every((state) => state === 'ok');
    send(response, isReady ? 200 : 503, { status: isReady ? 'ok' : 'not ready', checks });
  }
}

/** Runs all checks at once; one that takes too long has failed. */
export async function runChecks(checks: Readonly<Record<string, HealthCheck>>): Promise<Record<string, string>> {
  const states = await Promise.all(Object.entries(checks).map(async ([name, check]) => [name, await stateOf(check)] as const));
  return Object.fromEntries(states);
}

async function stateOf(check: HealthCheck): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${CHECK_TIMEOUT_MS} ms`)), CHECK_TIMEOUT_MS);
  });
  try {
    await Promise.race([check(), late]);
    return 'ok';
  } catch (error) {
    return reasonOf(error);
  } finally {
    clearTimeout(timer);
  }
}

const reasonOf = (error: unknown): string => scrubText(error instanceof Error ? error.message : String(error));

function ownRegistry(service: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  return registry;
}

function send(response: ServerResponse, status: number, body: object): void {
  if (response.headersSent) return;
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(JSON.stringify(body));
}
