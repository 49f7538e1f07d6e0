import type { FastifyInstance } from 'fastify';
import type { Cloud } from '../cloud.js';
import { instantMs, parseIncident } from '../scenario/incidents.js';
import { operatorCsv } from '../truth/operator-csv.js';
import type { Truth } from '../truth/truth.js';
import { notFound } from './api-error.js';
import type { FaultRule } from './faults.js';
import { param } from './query.js';

const refused = (error: unknown): { error: string } => ({ error: error instanceof Error ? error.message : String(error) });

const incidentRoutes = (app: FastifyInstance, cloud: Cloud): void => {
  app.get('/incidents', async () => cloud.scenario.list());
  app.post('/incidents', async (request, reply) => {
    try {
      const list: unknown[] = Array.isArray(request.body) ? request.body : [request.body];
      cloud.scenario.add(...list.map((item, index) => parseIncident(item, `incident ${index + 1}`)));
      return { incidents: cloud.scenario.list().length };
    } catch (error) {
      return reply.code(400).send(refused(error));
    }
  });
  app.delete('/incidents', async () => {
    cloud.scenario.clear();
    return { incidents: 0 };
  });
};

const faultRoutes = (app: FastifyInstance, cloud: Cloud): void => {
  app.get('/faults', async () => cloud.faults.list());
  app.post('/faults', async (request, reply) => {
    try {
      cloud.faults.add(request.body as FaultRule);
      return { faults: cloud.faults.list().length };
    } catch (error) {
      return reply.code(400).send(refused(error));
    }
  });
  app.delete('/faults', async () => {
    cloud.faults.clear();
    return { faults: 0 };
  });
};

/** For people at a running simulator: no part of the Mist API, no token, and only on the address it listens on. */
export const controlRoutes = (app: FastifyInstance, cloud: Cloud, truth: Truth): void => {
  incidentRoutes(app, cloud);
  faultRoutes(app, cloud);
  app.get('/clock', async () => ({ now: cloud.clock.now(), iso: new Date(cloud.clock.now()).toISOString() }));
  app.put('/clock', async (request, reply) => {
    try {
      cloud.clock.set(instantMs('clock', (request.body as { now?: unknown } | null)?.now));
      return { now: cloud.clock.now() };
    } catch (error) {
      return reply.code(400).send(refused(error));
    }
  });
  for (const list of ['sites', 'circuits'] as const) {
    app.get(`/orgs/:org_id/${list}.csv`, async (request, reply) => {
      const orgId = param(request, 'org_id');
      if (!cloud.world.orgById.has(orgId)) throw notFound(orgId);
      return reply.type('text/csv').send(operatorCsv(truth, orgId)[list]);
    });
  }
};
