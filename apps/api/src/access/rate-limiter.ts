import type { Clock } from '@app/shared';

interface Bucket {
  tokens: number;
  at: number;
}

export interface RateLimit {
  readonly requestsPerSecond: number;
  readonly burst: number;
}

const MAX_BUCKETS = 10_000;

/** A token bucket per key, per process; of more keys than it keeps, those that were not seen for longest are as if they were new. */
export class RateLimiter {
  private readonly buckets = new Map<string, Bucket>();

  constructor(
    private readonly limit: RateLimit,
    private readonly clock: Clock,
  ) {}

  /** Takes a token; 0 when there was one, else the seconds to wait. */
  take(key: string): number {
    const now = this.clock.now();
    const bucket = this.buckets.get(key) ?? { tokens: this.limit.burst, at: now };
    const earned = (Math.max(0, now - bucket.at) / 1000) * this.limit.requestsPerSecond;
    bucket.tokens = Math.min(this.limit.burst, bucket.tokens + earned);
    bucket.at = now;
    this.keep(key, bucket);
    if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / this.limit.requestsPerSecond));
    bucket.tokens -= 1;
    return 0;
  }

  /** Behind all others: a map keeps its order. */
  private keep(key: string, bucket: Bucket): void {
    this.buckets.delete(key);
    const [oldest] = this.buckets.keys();
    if (oldest !== undefined && this.buckets.size >= MAX_BUCKETS) this.buckets.delete(oldest);
    this.buckets.set(key, bucket);
  }
}
