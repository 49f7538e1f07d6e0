import fastify, { type FastifyInstance } from 'fastify';
import { createClock, type SimClock } from './clock.js';
import type { Cloud } from './cloud.js';
import { Feed } from './events/feed.js';
import { Faults } from './http/faults.js';
import { installErrors, installGate } from './http/gate.js';
import { RateLimiter } from './http/limiter.js';
import { RequestLog } from './http/request-log.js';
import { configRoutes } from './http/routes/config-routes.js';
import { constRoutes } from './http/routes/const-routes.js';
import { eventRoutes } from './http/routes/event-routes.js';
import { insightRoutes } from './http/routes/insight-routes.js';
import { orgRoutes } from './http/routes/org-routes.js';
import { sleImpactRoutes } from './http/routes/sle-impact-routes.js';
import { sleOrgRoutes } from './http/routes/sle-org-routes.js';
import { sleSiteRoutes } from './http/routes/sle-site-routes.js';
import { statsRoutes } from './http/routes/stats-routes.js';
import { webhookRoutes } from './http/routes/webhook-routes.js';
import { controlRoutes } from './http/control-routes.js';
import { type MistCloudOptions, resolveOptions, type ResolvedOptions } from './options.js';
import { Scenario } from './scenario/scenario.js';
import { SleModel } from './sle/model.js';
import { Truth } from './truth/truth.js';
import { Webhooks } from './webhooks/webhooks.js';
import { buildWorld } from './world/build-world.js';

/** A running simulated cloud. */
export interface MistCloud {
  /** Origin, without path: requests go to `${url}/api/v1/…`. */
  readonly url: string;
  readonly orgs: readonly { readonly id: string; readonly name: string; readonly token: string }[];
  readonly clock: SimClock;
  readonly scenario: Scenario;
  readonly faults: Faults;
  readonly requests: RequestLog;
  readonly truth: Truth;
  /** Resolves when everything that happened up to now has been delivered. */
  flushWebhooks(): Promise<void>;
  close(): Promise<void>;
}

const FLUSH_EVERY_MS = 1000;

const clockOf = (options: MistCloudOptions, resolved: ResolvedOptions): SimClock => {
  const { clock } = options;
  return clock !== undefined && 'now' in clock ? clock : createClock(resolved.startAtMs, clock ?? { kind: 'driven' });
};

const assemble = (options: MistCloudOptions): Cloud => {
  const resolved = resolveOptions(options);
  const clock = clockOf(options, resolved);
  const world = buildWorld(resolved);
  const scenario = new Scenario(world);
  const feed = new Feed(world, scenario);
  return {
    options: resolved,
    world,
    clock,
    scenario,
    feed,
    sle: new SleModel(world, scenario),
    faults: new Faults(resolved.seed),
    limiter: new RateLimiter(resolved.requestsPerHour),
    requests: new RequestLog(),
    webhooks: new Webhooks(world, clock, feed),
  };
};

const ROUTES = [
  orgRoutes,
  statsRoutes,
  eventRoutes,
  sleOrgRoutes,
  sleSiteRoutes,
  sleImpactRoutes,
  insightRoutes,
  configRoutes,
  constRoutes,
  webhookRoutes,
];

const serve = async (cloud: Cloud, truth: Truth): Promise<FastifyInstance> => {
  const app = fastify({ forceCloseConnections: true, keepAliveTimeout: 30_000 });
  installErrors(app);
  await app.register(
    async (api) => {
      installGate(api, cloud);
      for (const routes of ROUTES) routes(api, cloud);
      api.all('/*', async (_request, reply) => reply.callNotFound());
    },
    { prefix: '/api/v1' },
  );
  await app.register(
    async (control) => {
      controlRoutes(control, cloud, truth);
    },
    { prefix: '/simulator' },
  );
  await app.listen({ port: cloud.options.port, host: cloud.options.host });
  return app;
};

/** Starts the cloud on a free port of 127.0.0.1 (or the given one) and answers until `close`. */
export const startMistCloud = async (options: MistCloudOptions = {}): Promise<MistCloud> => {
  const cloud = assemble(options);
  const truth = new Truth(cloud.world, cloud.scenario, cloud.sle);
  const app = await serve(cloud, truth);
  const listening = app.server.address();
  const port = typeof listening === 'object' && listening ? listening.port : cloud.options.port;
  const flush = (): void => void cloud.webhooks.flush();
  const stopListening = cloud.clock.onChange(flush);
  const timer = setInterval(flush, FLUSH_EVERY_MS).unref();
  return {
    url: `http://${cloud.options.host}:${port}`,
    orgs: cloud.world.orgs.map((org) => ({ id: org.id, name: org.name, token: org.tokens[0] ?? '' })),
    clock: cloud.clock,
    scenario: cloud.scenario,
    faults: cloud.faults,
    requests: cloud.requests,
    truth,
    flushWebhooks: () => cloud.webhooks.flush(),
    close: async () => {
      clearInterval(timer);
      stopListening();
      await app.close();
    },
  };
};
