const HOUR_MS = 3_600_000;

/** Counts calls per token and UTC clock hour of simulated time. */
export class RateLimiter {
  private readonly windows = new Map<string, { hour: number; requests: number }>();

  constructor(readonly perHour: number) {}

  /** Counts one call; false when the hour's allowance was used up before it. */
  take(token: string, nowMs: number): boolean {
    const window = this.windowOf(token, nowMs);
    window.requests += 1;
    return window.requests <= this.perHour;
  }

  usage(token: string, nowMs: number): { requests: number; seconds: number } {
    const { requests } = this.windowOf(token, nowMs);
    return { requests: Math.min(requests, this.perHour), seconds: Math.ceil((HOUR_MS - (nowMs % HOUR_MS)) / 1000) };
  }

  private windowOf(token: string, nowMs: number): { hour: number; requests: number } {
    const hour = Math.floor(nowMs / HOUR_MS);
    const known = this.windows.get(token);
    if (known?.hour === hour) return known;
    const fresh = { hour, requests: 0 };
    this.windows.set(token, fresh);
    return fresh;
  }
}
