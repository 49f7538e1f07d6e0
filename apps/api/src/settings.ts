import type { RateLimit } from './access/rate-limiter.js';

/** What the API alone decides about. */
export interface ApiSettings {
  readonly rateLimit: RateLimit;
  /** Deliveries of Mist's webhook, per org; and refused ones, per sender. */
  readonly hookRateLimit: RateLimit;
  /** Of the pages behind the links of notices, per address of the caller. */
  readonly ackRateLimit: RateLimit;
  /** Where a demo shows the mails it caught; `null` outside of it. */
  readonly mailboxUrl: string | null;
}

/** Nest injection token of the `ApiSettings`. */
export const API_SETTINGS = Symbol('API_SETTINGS');

export const DEFAULT_API_SETTINGS: ApiSettings = {
  rateLimit: { requestsPerSecond: 2000, burst: 4000 },
  hookRateLimit: { requestsPerSecond: 100, burst: 1000 },
  ackRateLimit: { requestsPerSecond: 2, burst: 60 },
  mailboxUrl: null,
};
