import type { FastifyRequest } from 'fastify';
import { badRequest } from './api-error.js';

export type Query = Readonly<Record<string, string | undefined>>;
export type Params = Readonly<Record<string, string | undefined>>;

const MAX_LIMIT = 1000;
const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

export const queryOf = (request: FastifyRequest): Query => request.query as Query;

/** A path parameter the route declares. */
export const param = (request: FastifyRequest, name: string): string => (request.params as Params)[name] ?? '';

const wholeFrom = (query: Query, name: string, fallback: number): number => {
  const text = query[name];
  if (text === undefined || text === '') return fallback;
  if (!/^\d+$/.test(text)) throw badRequest(`invalid ${name}: ${text}`);
  return Number(text);
};

/** `limit`, 100 by default and 1000 at most. */
export const limitOf = (query: Query): number => Math.min(MAX_LIMIT, wholeFrom(query, 'limit', 100) || 100);

/** `page`, counted from 1. */
export const pageOf = (query: Query): number => Math.max(1, wholeFrom(query, 'page', 1));

const spanSeconds = (text: string): number | null => {
  const found = /^(\d+)([smhdw])$/.exec(text);
  return found ? Number(found[1]) * (UNIT_SECONDS[found[2] ?? ''] ?? 0) : null;
};

const secondsOf = (name: string, text: string, nowSeconds: number): number => {
  if (text === 'now') return nowSeconds;
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  const back = text.startsWith('-') ? spanSeconds(text.slice(1)) : null;
  if (back === null) throw badRequest(`invalid ${name}: ${text}`);
  return nowSeconds - back;
};

/** The asked window, epoch seconds; `duration` counts back from `end` when there is no `start`. */
export const windowOf = (query: Query, nowMs: number): { start: number; end: number } => {
  const nowSeconds = Math.floor(nowMs / 1000);
  const end = query['end'] ? secondsOf('end', query['end'], nowSeconds) : nowSeconds;
  const duration = spanSeconds(query['duration'] ?? '1d');
  if (duration === null) throw badRequest(`invalid duration: ${String(query['duration'])}`);
  const start = query['start'] ? secondsOf('start', query['start'], nowSeconds) : end - duration;
  if (start > end) throw badRequest('start is after end');
  return { start, end };
};
