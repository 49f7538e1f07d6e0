import type { CollectKind, Environment, Settings } from '@app/shared';
import type { BudgetScope } from './mist/token.js';

/** One organization to collect, as configured. */
export interface OrgSource {
  /** Mist's id of it; null: found out from the token. */
  readonly id: string | null;
  readonly name: string | null;
  /** `https://api.mist.com`; plain http only for a simulated cloud. */
  readonly baseUrl: string;
  /** The first is used; the others step in while it is parked or refused. */
  readonly tokens: readonly string[];
  readonly reportingTimezone: string | null;
  /** What the webhook in Mist should be; null: it is looked after by hand, or there is none. */
  readonly webhook: { readonly url: string; readonly secret: string } | null;
}

export interface CollectorSettings {
  readonly orgs: readonly OrgSource[];
  readonly intervalsMs: Readonly<Record<CollectKind, number>>;
  /** Calls per clock hour and token (or org) that may be planned. */
  readonly callLimit: number;
  readonly budgetScope: BudgetScope;
  readonly pageSize: number;
  readonly requestTimeoutMs: number;
  readonly sleDetailMaxSites: number;
  readonly sleWindowHours: number;
  /** Sites read at once for SLE detail. */
  readonly concurrency: number;
  /** Ingest jobs waiting above which polls are left out. */
  readonly maxQueueDepth: number;
  /** The queue lies in Postgres, where large payloads are dear: they are packed earlier. */
  readonly isPostgresQueue: boolean;
}

/** Nest injection token of the `CollectorSettings`. */
export const COLLECTOR_SETTINGS = Symbol('COLLECTOR_SETTINGS');

/** In place of an org's id: ask the token. */
const DISCOVER = 'auto';
const MS_PER_S = 1000;

/** What the configuration means for the collector. */
export function collectorSettings({ orgs, collect }: Settings, queue: Environment['queue']): CollectorSettings {
  const intervals = Object.entries(collect.intervalsSeconds).map(([kind, seconds]) => [kind, seconds * MS_PER_S]);
  return {
    orgs: orgs
      .filter(({ enabled }) => enabled)
      .map(({ id, name, baseUrl, token, token2, reportingTimezone, webhook }) => ({
        id: id === DISCOVER ? null : id,
        name: name ?? null,
        baseUrl,
        tokens: token2 === undefined ? [token] : [token, token2],
        reportingTimezone,
        webhook: webhook?.manage === true && webhook.url !== undefined ? { url: webhook.url, secret: webhook.secret } : null,
      })),
    intervalsMs: Object.fromEntries(intervals) as Record<CollectKind, number>,
    budgetScope: collect.budget.scope,
    callLimit: Math.floor((collect.budget.callsPerHour * collect.budget.usePercent) / 100),
    pageSize: collect.pageSize,
    requestTimeoutMs: collect.timeoutMs,
    sleDetailMaxSites: collect.sleDetailMaxSites,
    sleWindowHours: collect.sleWindow === '1d' ? 24 : 1,
    concurrency: collect.concurrency,
    maxQueueDepth: collect.maxQueueDepth,
    isPostgresQueue: queue.kind === 'postgres',
  };
}
