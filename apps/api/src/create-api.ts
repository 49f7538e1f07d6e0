import compress from '@fastify/compress';
import cookie from '@fastify/cookie';
import { Module, type DynamicModule, type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ACK_TOKEN_MAX_LENGTH, DatabaseModule, JsonLogger, RuntimeModule, type Runtime } from '@app/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { ApiModule } from './api.module.js';
import { serveDocumentation } from './documentation.js';
import { isTooDeep } from './http/depth.js';
import { keepHookBodiesRaw } from './hooks/raw-body.js';
import { sendProblem } from './http/problem.filter.js';
import { problem } from './http/problem.js';
import { encodeCircuitIds } from './http/rewrite.js';
import { validationPipe } from './http/validation.js';
import { ServiceMetrics } from './service/service.metrics.js';
import { DEFAULT_API_SETTINGS, type ApiSettings } from './settings.js';

export interface ApiOptions {
  readonly runtime: Runtime;
  readonly api?: Partial<ApiSettings>;
  readonly logger?: LoggerService | false;
}

export interface RunningApi {
  readonly app: NestFastifyApplication;
  /** Listens; port 0 is any free one. Returns the address, `http://host:port`. */
  listen(port: number, host?: string): Promise<string>;
  close(): Promise<void>;
}

const BODY_LIMIT_BYTES = 4 * 1024 * 1024;
/** The longest are the links to acknowledge. */
const MAX_PARAM_LENGTH = ACK_TOKEN_MAX_LENGTH;

@Module({})
class ApiRootModule {}

/** Builds the API inside this process, ready for `listen` or `app.inject`. */
export async function createApi({ runtime, api, logger }: ApiOptions): Promise<RunningApi> {
  const metrics = new Registry();
  metrics.setDefaultLabels({ service: 'api' });
  collectDefaultMetrics({ register: metrics });
  const database = DatabaseModule.forRoot({
    url: runtime.databaseUrl,
    poolSize: runtime.env.databasePoolSize,
    applicationName: 'mistwatch-api',
  });
  const root: DynamicModule = {
    module: ApiRootModule,
    imports: [
      RuntimeModule.forRoot({ ...runtime, metrics, imports: [database] }),
      ApiModule.forRoot({ ...DEFAULT_API_SETTINGS, ...api }),
    ],
  };
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter(runtime.env), {
    logger: logger ?? new JsonLogger({ service: 'api', ...runtime.env.log }),
    abortOnError: false,
  });
  await prepare(app);
  return {
    app,
    listen: async (port, host = '0.0.0.0') => {
      await app.listen(port, host);
      return app.getUrl();
    },
    close: () => app.close(),
  };
}

/** A number is of proxies in a row, counted from this end. */
function trusted(proxies: Runtime['env']['trustProxy']): false | string[] | ((address: string, hop: number) => boolean) {
  if (typeof proxies === 'number') return (_address, hop) => hop < proxies;
  return proxies === false ? false : [...proxies];
}

function adapter({ trustProxy }: Runtime['env']): FastifyAdapter {
  return new FastifyAdapter({
    trustProxy: trusted(trustProxy),
    bodyLimit: BODY_LIMIT_BYTES,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    rewriteUrl: (request: { url?: string | undefined }) => encodeCircuitIds(request.url ?? '/'),
    // Errors that come before any route: a path that is no valid encoding.
    frameworkErrors: (error: unknown, _request: FastifyRequest, reply: FastifyReply) => sendProblem(error, reply),
  });
}

async function prepare(app: NestFastifyApplication): Promise<void> {
  await app.register(compress, { threshold: 1024, encodings: ['gzip', 'identity'] });
  await app.register(cookie);
  app.useGlobalPipes(validationPipe());
  const server = app.getHttpAdapter().getInstance();
  server.addContentTypeParser('text/csv', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  server.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-content-type-options', 'nosniff');
    if (request.url.startsWith('/v1/')) void reply.header('cache-control', 'no-store');
    if (/%00/i.test(request.url))
      sendProblem(problem('invalid-request', { detail: 'The address holds a NUL character.' }), reply);
    else done();
  });
  server.addHook('preValidation', (request, reply, done) => {
    if (isTooDeep(request.body)) sendProblem(problem('invalid-request', { detail: 'The body is nested too deeply.' }), reply);
    else done();
  });
  keepHookBodiesRaw(server);
  serveDocumentation(app);
  await app.init();
  const metrics = app.get(ServiceMetrics);
  server.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    metrics.observe({ method: request.method, route, status: reply.statusCode, seconds: reply.elapsedTime / 1000 });
    done();
  });
  await server.ready();
}
