import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Cloud } from '../../cloud.js';
import type { Delivery, Webhook } from '../../webhooks/webhooks.js';
import { badRequest, notFound } from '../api-error.js';
import { orgOf } from '../gate.js';
import { arrayPage, searchPage } from '../paging.js';
import { param, queryOf, windowOf } from '../query.js';

const TOPICS = ['alarms', 'audits', 'client-info', 'client-join', 'client-sessions', 'device-events', 'device-updowns'];
/** Deliveries of these topics can be searched. */
const RECORDED = ['alarms', 'audits', 'device-updowns', 'ping'];

type Fields = Omit<Webhook, 'id' | 'org_id' | 'created_time' | 'modified_time'>;

const bodyOf = (request: FastifyRequest): Record<string, unknown> => {
  const { body } = request;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw badRequest('the body must be a JSON object');
  return { ...body };
};

const isHttpUrl = (value: unknown): value is string =>
  typeof value === 'string' && /^https?:\/\/[^/\s]+/.test(value) && URL.canParse(value);

const fieldsOf = (body: Record<string, unknown>, before: Fields | null): Fields => {
  const given = { type: 'http-post', secret: null, enabled: true, verify_cert: true, headers: null, ...before, ...body };
  const { name, type, url, secret, enabled, verify_cert: verifyCert, topics, headers } = given as Record<string, unknown>;
  if (type !== 'http-post') throw badRequest('invalid field: type (the simulator delivers http-post only)');
  if (!isHttpUrl(url)) throw badRequest('invalid field: url');
  if (!Array.isArray(topics) || topics.some((topic) => !TOPICS.includes(String(topic).replaceAll('_', '-'))))
    throw badRequest('invalid field: topics');
  if (secret !== null && typeof secret !== 'string') throw badRequest('invalid field: secret');
  if (typeof enabled !== 'boolean' || typeof verifyCert !== 'boolean') throw badRequest('invalid field: enabled or verify_cert');
  if (typeof headers !== 'object') throw badRequest('invalid field: headers');
  const texts = headers && Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, String(value)]));
  return {
    name: typeof name === 'string' ? name : '',
    type,
    url,
    secret,
    enabled,
    verify_cert: verifyCert,
    topics: topics.map((topic) => String(topic).replaceAll('_', '-')),
    headers: texts,
  };
};

const hookOf = (cloud: Cloud, request: FastifyRequest): Webhook => {
  const id = param(request, 'webhook_id');
  const hook = cloud.webhooks.get(orgOf(cloud, request).id, id);
  if (!hook) throw notFound(id);
  return hook;
};

const renderDelivery = (delivery: Delivery): Record<string, unknown> => ({
  id: delivery.id,
  webhook_id: delivery.webhookId,
  org_id: delivery.orgId,
  topic: delivery.topic,
  timestamp: delivery.atMs / 1000,
  req_url: delivery.url,
  req_payload: delivery.body,
  status: delivery.statusCode !== null && delivery.statusCode < 300 ? 'success' : 'failure',
  ...(delivery.statusCode === null ? { error: delivery.error ?? '' } : { status_code: delivery.statusCode }),
});

/** Hooks: made, read, changed, removed, tried, and what became of deliveries. */
export const webhookRoutes = (app: FastifyInstance, cloud: Cloud): void => {
  const one = '/orgs/:org_id/webhooks/:webhook_id';
  app.get('/orgs/:org_id/webhooks', async (request, reply) =>
    arrayPage(request, reply, { rows: cloud.webhooks.list(orgOf(cloud, request).id), render: (hook) => hook }),
  );
  app.post('/orgs/:org_id/webhooks', async (request) =>
    cloud.webhooks.create(orgOf(cloud, request).id, fieldsOf(bodyOf(request), null)),
  );
  app.get(one, async (request) => hookOf(cloud, request));
  app.put(one, async (request) => {
    const hook = hookOf(cloud, request);
    return cloud.webhooks.update(hook, fieldsOf(bodyOf(request), hook));
  });
  app.delete(one, async (request) => {
    cloud.webhooks.remove(hookOf(cloud, request));
    return {};
  });
  app.post(`${one}/ping`, async (request) => {
    const org = orgOf(cloud, request);
    await cloud.webhooks.ping(hookOf(cloud, request), org.sites[0]?.id ?? org.id);
    return {};
  });
  app.get(`${one}/events/search`, async (request) => {
    const hook = hookOf(cloud, request);
    const query = queryOf(request);
    const window = windowOf(query, cloud.clock.now());
    const rows = cloud.webhooks.deliveries.filter(
      (row) =>
        row.webhookId === hook.id &&
        RECORDED.includes(row.topic) &&
        row.atMs >= window.start * 1000 &&
        row.atMs <= window.end * 1000 + 999,
    );
    return searchPage(request, { rows, window, render: renderDelivery });
  });
};
