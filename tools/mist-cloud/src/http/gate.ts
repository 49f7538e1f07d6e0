import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Cloud } from '../cloud.js';
import type { Org, Site } from '../world/nouns.js';
import { ApiError, forbidden, notFound, tooManyRequests, unauthorized } from './api-error.js';
import { type FaultRule, spoil } from './faults.js';
import { param, queryOf } from './query.js';
import type { RequestEntry } from './request-log.js';

interface Passage {
  readonly token: string;
  readonly orgs: readonly Org[];
  readonly fault: FaultRule | null;
  readonly entry: RequestEntry;
}
const passages = new WeakMap<FastifyRequest, Passage>();
const HTML = '<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>';

export const passageOf = (request: FastifyRequest): Passage => {
  const passage = passages.get(request);
  if (!passage) throw unauthorized();
  return passage;
};

/** The organisation of the path, if the token may see it. */
export const orgOf = (cloud: Cloud, request: FastifyRequest): Org => {
  const id = param(request, 'org_id');
  const org = cloud.world.orgById.get(id);
  if (!org) throw notFound(id);
  if (!passageOf(request).orgs.includes(org)) throw forbidden();
  return org;
};

/** The site of the path, if the token may see its organisation. */
export const siteOf = (cloud: Cloud, request: FastifyRequest): Site => {
  const id = param(request, 'site_id');
  const site = cloud.world.siteById.get(id);
  if (!site) throw notFound(id);
  if (!passageOf(request).orgs.some((org) => org.id === site.orgId)) throw forbidden();
  return site;
};

const tokenOf = (request: FastifyRequest): string | null =>
  /^Token (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? null;

/** Faults that need no answer from a route. True when the call has been dealt with. */
const strikeEarly = async (fault: FaultRule, reply: FastifyReply): Promise<boolean> => {
  switch (fault.kind) {
    case 'slow':
      await wait(fault.delayMs ?? 1000, undefined, { ref: false });
      return false;
    case 'timeout':
      reply.hijack();
      return true;
    case 'reset':
      reply.hijack();
      reply.raw.socket?.resetAndDestroy();
      return true;
    case 'html':
      await reply.code(200).type('text/html').send(HTML);
      return true;
    case '500':
      await reply.code(500).send({ detail: 'Internal Server Error' });
      return true;
    default:
      return false;
  }
};

const failAs = (cloud: Cloud, fault: FaultRule, reply: FastifyReply): void => {
  if (fault.kind === '401') throw unauthorized();
  if (fault.kind === '403') throw forbidden();
  if (fault.kind !== '429') return;
  if (fault.retryAfterSeconds !== undefined) reply.header('Retry-After', fault.retryAfterSeconds);
  throw tooManyRequests(cloud.limiter.perHour);
};

/** Announces the whole body, sends half of it, then nothing more. */
const stall = (reply: FastifyReply, body: string): Readable => {
  reply.header('content-length', Buffer.byteLength(body));
  const half = new Readable({ read: () => undefined });
  half.push(body.slice(0, Math.ceil(body.length / 2)));
  return half;
};

const spoilAnswer = (request: FastifyRequest, payload: unknown): unknown => {
  const fault = passages.get(request)?.fault;
  if (fault?.kind === 'mangle') return spoil(payload, fault);
  if (fault?.kind === 'repeat-cursor' && typeof payload === 'object' && payload !== null)
    return { ...payload, next: request.url };
  return payload;
};

const admit = async (cloud: Cloud, request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
  const token = tokenOf(request);
  const entry = cloud.requests.add({
    at: cloud.clock.now(),
    realMs: Date.now(),
    token,
    method: request.method,
    path: request.url.split('?')[0] ?? '',
    query: queryOf(request),
    status: null,
  });
  reply.raw.once('finish', () => (entry.status = reply.raw.statusCode));
  if (cloud.options.latencyMs > 0) await wait(cloud.options.latencyMs, undefined, { ref: false });
  const fault = cloud.faults.strike({ url: request.url, token });
  if (fault && (await strikeEarly(fault, reply))) return reply;
  const orgs = token === null ? undefined : cloud.world.orgsByToken.get(token);
  if (token === null || !orgs) throw unauthorized();
  if (fault) failAs(cloud, fault, reply);
  if (!cloud.limiter.take(token, cloud.clock.now())) throw tooManyRequests(cloud.limiter.perHour);
  passages.set(request, { token, orgs, fault, entry });
  return undefined;
};

/** Logs, delays, breaks, authenticates and counts every call before a route sees it. */
export const installGate = (app: FastifyInstance, cloud: Cloud): void => {
  app.addHook('onRequest', (request, reply) => admit(cloud, request, reply));
  app.addHook('preSerialization', async (request, _reply, payload) => spoilAnswer(request, payload));
  app.addHook('onSend', async (request, reply, payload) =>
    passages.get(request)?.fault?.kind === 'stall' && typeof payload === 'string' ? stall(reply, payload) : payload,
  );
};

/** Turns `ApiError` into its published body; anything else is a bug of the simulator and says so. */
export const installErrors = (app: FastifyInstance): void => {
  app.setErrorHandler(async (error, _request, reply) => {
    if (error instanceof ApiError) return reply.code(error.status).send(error.body);
    const status = typeof error === 'object' && error !== null && 'statusCode' in error && error.statusCode === 400 ? 400 : 500;
    return reply.code(status).send({ detail: error instanceof Error ? error.message : String(error) });
  });
  app.setNotFoundHandler(async (request, reply) => reply.code(404).send({ id: request.url.split('?')[0] ?? '' }));
};
