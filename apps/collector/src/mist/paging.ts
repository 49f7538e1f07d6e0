import { createHash } from 'node:crypto';
import { PermanentError, TransientError } from '@app/shared';
import type { Answer, MistClient, Query } from './mist.client.js';

/** More pages than any org has; beyond it something walks in circles. */
const MAX_PAGES = 500;

export type Rows = readonly unknown[];

const isRows = (value: unknown): value is Rows => Array.isArray(value);

function malformed(path: string, wanted: string): TransientError {
  return new TransientError('MIST_UNEXPECTED', `Mist's answer to ${path} is not ${wanted}`);
}

const tooMany = (path: string): PermanentError =>
  new PermanentError('MIST_TOO_MANY_PAGES', `${path} has more than ${MAX_PAGES} pages; the poll was stopped`);

const field = (body: unknown, name: string): unknown =>
  typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;

function count(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : null;
}

interface NumberedPage {
  readonly rows: Rows;
  readonly total: number | null;
  readonly limit: number | null;
}

/** A bare list with totals in headers, or an envelope with them inside. */
function numbered(path: string, { body, headers }: Answer): NumberedPage {
  if (isRows(body)) return { rows: body, total: count(headers.get('x-page-total')), limit: count(headers.get('x-page-limit')) };
  const results = field(body, 'results');
  if (!isRows(results)) throw malformed(path, 'a list, nor an envelope with results');
  return { rows: results, total: count(field(body, 'total')), limit: count(field(body, 'limit')) };
}

const fingerprint = (rows: Rows): string => createHash('sha1').update(JSON.stringify(rows)).digest('hex');

function repeats(path: string): TransientError {
  return new TransientError(
    'MIST_CURSOR_REPEATS',
    `Paging ${path} leads in a circle: Mist gave the same page again; what was read is kept`,
  );
}

export interface Listing {
  readonly path: string;
  readonly query?: Query;
  readonly pageSize: number;
}

/** How many pages of a list are read at once, when its first page says how many there are. */
export interface Ahead {
  readonly concurrency: number;
}

/** Pages by `limit` and `page`, 1-based, in their order: to the total, else until one is short. */
export async function* numberedPages(
  client: MistClient,
  { path, query, pageSize }: Listing,
  { concurrency }: Ahead = { concurrency: 1 },
): AsyncGenerator<Rows> {
  const read = async (page: number): Promise<NumberedPage> =>
    numbered(path, await client.get(client.url(path, { ...query, limit: pageSize, page })));
  const begun = new Map<number, Promise<NumberedPage>>();
  let previous: string | null = null;
  try {
    for (let page = 1; page <= MAX_PAGES; page += 1) {
      const { rows, total, limit } = await (begun.get(page) ?? read(page));
      begun.delete(page);
      const print = rows.length === 0 ? null : fingerprint(rows);
      if (print !== null && print === previous) throw repeats(path);
      previous = print;
      const size = limit === null || limit === 0 ? pageSize : limit;
      const isLast = rows.length === 0 || (total === null ? rows.length < size : size * page >= total);
      if (!isLast && total !== null) {
        const last = Math.min(Math.ceil(total / size), page + concurrency, MAX_PAGES);
        for (let next = page + 1; next <= last; next += 1) if (!begun.has(next)) begun.set(next, begin(read(next)));
      }
      yield rows;
      if (isLast) return;
    }
  } finally {
    // No call outlives its poll: what it spends belongs to the poll's account.
    await Promise.allSettled(begun.values());
  }
  throw tooMany(path);
}

/** A page that is read ahead may fail before its turn; the failure is met when the turn comes. */
function begin<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}

/** Pages by `next`, a URI of the same host that is followed as it stands. */
export async function* linkedPages(client: MistClient, { path, query, pageSize }: Listing): AsyncGenerator<Rows> {
  let url = client.url(path, { ...query, limit: pageSize });
  const followed = new Set([url.href]);
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const { body } = await client.get(url);
    const rows = field(body, 'results');
    if (!isRows(rows)) throw malformed(path, 'an envelope with results');
    yield rows;
    const next = field(body, 'next');
    if (typeof next !== 'string' || next === '') return;
    url = client.follow(next);
    if (followed.has(url.href)) throw repeats(path);
    followed.add(url.href);
  }
  throw tooMany(path);
}
