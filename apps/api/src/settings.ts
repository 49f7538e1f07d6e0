import type { RateLimit } from './access/rate-limiter.js';

/** What the API alone decides about. */
export interface ApiSettings {
  readonly rateLimit: RateLimit;
  /** Deliveries of Mist's webhook, per org; and refused ones, per sender. */
  readonly hookRateLimit: RateLimit;
  /** Of the pages behind the links of notices, per address of the caller. */
  readonly ackRateLimit: RateLimit;
  /** Of the way to the login provider and back, per address of the caller. */
  readonly loginRateLimit: RateLimit;
  /** How old the current state of a whole org may be before it is read anew, and how old it may be given while that goes on. */
  readonly state: { readonly freshMs: number; readonly staleMs: number };
  /** How long the reader of an export may take nothing, and how long it may take for all. */
  readonly exports: { readonly idleMs: number; readonly totalMs: number };
  /** How often live streams show that they live, and look whether their keys still hold; and how often events are looked for that nobody heard of. */
  readonly live: { readonly heartbeatMs: number; readonly pollMs: number };
  /** Where a demo shows the mails it caught; `null` outside of it. */
  readonly mailboxUrl: string | null;
}

/** Nest injection token of the `ApiSettings`. */
export const API_SETTINGS = Symbol('API_SETTINGS');

export const DEFAULT_API_SETTINGS: ApiSettings = {
  rateLimit: { requestsPerSecond: 2000, burst: 4000 },
  hookRateLimit: { requestsPerSecond: 100, burst: 1000 },
  ackRateLimit: { requestsPerSecond: 2, burst: 60 },
  loginRateLimit: { requestsPerSecond: 5, burst: 60 },
  state: { freshMs: 3_000, staleMs: 10_000 },
  exports: { idleMs: 5 * 60_000, totalMs: 60 * 60_000 },
  live: { heartbeatMs: 15_000, pollMs: 5_000 },
  mailboxUrl: null,
};
