import type { CollectKind } from '@app/shared';
import type { MistClient, Query } from '../mist/mist.client.js';
import { linkedPages, numberedPages, type Rows } from '../mist/paging.js';
import { asQuery, lastFullHours, sinceLastPoll, type Window } from './windows.js';

/** One page as it came, and what was asked where its rows do not say. */
export interface Page {
  readonly records: Rows;
  readonly context?: Readonly<Record<string, string | number | null>>;
}

export interface PollRequest {
  readonly client: MistClient;
  readonly orgId: string;
  readonly orgRowId: number;
  readonly observedAt: number;
  /** End of the last poll that is stored. */
  readonly committedAt: number | null;
  /** A backfill's own window, in place of the usual one. */
  readonly window: Window | null;
  readonly pageSize: number;
  /** Pages of a list that are read at once. */
  readonly concurrency: number;
  readonly sleWindowHours: number;
}

/** Reads one kind of data of one org to its end. */
export type Poller = (request: PollRequest) => AsyncGenerator<Page>;

/** Every kind but those whose questions come from the database. */
export type SweepKind = Exclude<CollectKind, 'sle-detail' | 'gateway-config'>;

const orgPath = ({ orgId }: PollRequest, tail: string): string => `/api/v1/orgs/${encodeURIComponent(orgId)}${tail}`;

async function* pagesOf(rows: AsyncGenerator<Rows>, context?: Page['context']): AsyncGenerator<Page> {
  for await (const records of rows) yield context === undefined ? { records } : { records, context };
}

const list =
  (tail: string, query: Query = {}): Poller =>
  (request) =>
    pagesOf(numberedPages(request.client, { path: orgPath(request, tail), query, pageSize: request.pageSize }, request));

const search =
  (tail: string, query: Query): Poller =>
  (request) =>
    pagesOf(linkedPages(request.client, { path: orgPath(request, tail), query, pageSize: request.pageSize }));

const searchSince =
  (tail: string, query: Query): Poller =>
  (request) => {
    const window = request.window ?? sinceLastPoll(request.observedAt, request.committedAt);
    const rows = linkedPages(request.client, {
      path: orgPath(request, tail),
      query: { ...query, ...asQuery(window) },
      pageSize: request.pageSize,
    });
    return pagesOf(rows, { windowFrom: window.from, windowTo: window.to });
  };

const scores =
  (sle: 'wifi' | 'wan'): Poller =>
  (request) => {
    const window = request.window ?? lastFullHours(request.observedAt, request.sleWindowHours);
    const query = { sle, ...asQuery(window) };
    const listing = { path: orgPath(request, '/insights/sites-sle'), query, pageSize: request.pageSize };
    const rows = numberedPages(request.client, listing, request);
    return pagesOf(rows, { windowFrom: window.from, windowTo: window.to });
  };

/** Without a type Mist lists access points alone, so each type is asked for. */
async function* inventory(request: PollRequest): AsyncGenerator<Page> {
  yield* list('/inventory', { type: 'gateway' })(request);
  yield* list('/inventory', { type: 'ap' })(request);
}

/** How each kind is read. `type` and `device_type` go together because Mist renamed the one into the other. */
export const SWEEPS: Readonly<Record<SweepKind, Poller>> = {
  sites: list('/sites'),
  'site-groups': list('/sitegroups'),
  inventory,
  gateways: list('/stats/devices', { type: 'gateway' }),
  'wan-ports': search('/stats/ports/search', { type: 'gateway', device_type: 'gateway' }),
  'peer-paths': search('/stats/vpn_peers/search', {}),
  'device-events': searchSince('/devices/events/search', { device_type: 'gateway' }),
  alarms: searchSince('/alarms/search', {}),
  'sle-wifi': scores('wifi'),
  'sle-wan': scores('wan'),
};
