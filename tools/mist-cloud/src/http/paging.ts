import type { FastifyReply, FastifyRequest } from 'fastify';
import { badRequest } from './api-error.js';
import { limitOf, pageOf, queryOf } from './query.js';

/** Style 1: a bare array, its totals in headers. `render` is called for the rows of the page alone. */
export const arrayPage = <T>(
  request: FastifyRequest,
  reply: FastifyReply,
  page: { rows: readonly T[]; render: (row: T) => unknown },
): unknown[] => {
  const query = queryOf(request);
  const [limit, number] = [limitOf(query), pageOf(query)];
  reply.header('X-Page-Total', page.rows.length).header('X-Page-Limit', limit).header('X-Page-Page', number);
  return page.rows.slice((number - 1) * limit, number * limit).map(page.render);
};

/** Cursors carry the time of the first page in milliseconds, as the cloud's own do, and the place to go on from. */
const cursorOf = (text: string | undefined): number => {
  if (text === undefined) return 0;
  const found = /^\[\d+,(\d+)\]$/.exec(text);
  if (!found) throw badRequest(`invalid search_after: ${text}`);
  return Number(found[1]);
};

/** Style 2: a search envelope with `next`, a site-relative address, absent on the last page. */
export const searchPage = <T>(
  request: FastifyRequest,
  search: { rows: readonly T[]; window: { start: number; end: number }; render: (row: T) => unknown },
): Record<string, unknown> => {
  const query = queryOf(request);
  const limit = limitOf(query);
  const from = cursorOf(query['search_after']);
  const upTo = Math.min(search.rows.length, from + limit);
  const { start, end } = search.window;
  const asked = Object.entries(query).filter(([key]) => key !== 'search_after' && key !== 'duration');
  const params = new URLSearchParams(asked.map(([key, value]): [string, string] => [key, value ?? '']));
  params.set('start', String(start));
  params.set('end', String(end));
  params.set('search_after', `[${Math.floor(end * 1000)},${upTo}]`);
  return {
    start: Math.floor(start),
    end: Math.floor(end),
    limit,
    total: search.rows.length,
    results: search.rows.slice(from, upTo).map(search.render),
    ...(upTo < search.rows.length ? { next: `${request.url.split('?')[0] ?? ''}?${params.toString()}` } : {}),
  };
};

/** Style 3: the pages of a service-level envelope. */
export const slicePage = <T>(
  request: FastifyRequest,
  rows: readonly T[],
): { limit: number; page: number; rows: readonly T[] } => {
  const query = queryOf(request);
  const [limit, page] = [limitOf(query), pageOf(query)];
  return { limit, page, rows: rows.slice((page - 1) * limit, page * limit) };
};
