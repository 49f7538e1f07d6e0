import { setTimeout as sleep } from 'node:timers/promises';
import { PermanentError, TransientError, type Clock } from '@app/shared';
import { exchange, type Change, type Exchange } from './exchange.js';
import type { TokenBudget } from './token-budget.repository.js';
import type { Token } from './token.js';
import { backoffMs, parkJitterMs, retryAfterMs, untilNextHourMs, type Backoff } from './waiting.js';

export interface MistClientOptions {
  readonly baseUrl: string;
  readonly tokens: readonly Token[];
  readonly timeoutMs: number;
  readonly backoff: Backoff;
  /** Calls per token and clock hour that this client may use. */
  readonly callLimit: number;
  readonly budget: TokenBudget;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal | null;
}

export type Query = Readonly<Record<string, string | number>>;

export interface Answer {
  readonly body: unknown;
  readonly headers: Headers;
}

/** No such thing, or no data there: an ordinary answer for some calls. */
export interface Refusal {
  readonly status: number;
  readonly detail: string;
}

/** Mist's HTTP API for one poll: accounts for each call, waits, tries again, parks tokens. Its token is told to nobody but Mist. */
export class MistClient {
  /** Calls made so far. */
  calls = 0;
  private readonly unwelcome = new Map<string, PermanentError>();
  private reserved: { readonly accountKey: string; readonly at: number; left: number } | null = null;

  constructor(private readonly options: MistClientOptions) {}

  /** Sets calls aside for what follows; throws `BUDGET_EXHAUSTED` when no token has that many left in this hour, and `MIST_THROTTLED` when all are parked. */
  async reserve(calls: number): Promise<void> {
    const at = this.options.clock.now();
    let spent = 0;
    for (const token of await this.callable()) {
      if (await this.options.budget.reserve(token.accountKey, at, { calls, limit: this.options.callLimit })) {
        this.reserved = { accountKey: token.accountKey, at, left: calls };
        return;
      }
      spent = await this.options.budget.spent(token.accountKey, at);
    }
    throw exhausted(
      `${calls} calls are needed; ${spent} of the ${this.options.callLimit} planned for this hour are spent`,
      untilNextHourMs(at),
    );
  }

  /** Calls that one token has left in this hour. */
  async remaining(): Promise<number> {
    const at = this.options.clock.now();
    const left = await Promise.all(
      (await this.callable()).map(
        async ({ accountKey }) => this.options.callLimit - (await this.options.budget.spent(accountKey, at)),
      ),
    );
    return Math.max(0, ...left) + (this.reserved?.left ?? 0);
  }

  /** Gives back what was reserved and not called. */
  async settle(): Promise<void> {
    const { reserved } = this;
    this.reserved = null;
    if (reserved !== null) await this.options.budget.giveBack(reserved.accountKey, reserved.at, reserved.left);
  }

  url(path: string, query: Query = {}): URL {
    const url = new URL(path, this.options.baseUrl);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
    return url;
  }

  /** Where an answer's `next` leads; only on the same host, because the token goes with it. */
  follow(next: string): URL {
    const url = new URL(next, this.options.baseUrl);
    if (url.origin === new URL(this.options.baseUrl).origin) return url;
    throw new PermanentError('MIST_NEXT_ELSEWHERE', `Mist's next page lies on another host (${url.host}); the token stays here`);
  }

  /** The answer; anything else is thrown. */
  async get(url: URL): Promise<Answer> {
    const result = await this.ask(url);
    if ('body' in result) return result;
    throw refusal(url, result);
  }

  /** Changes something in Mist, with one attempt: whether a change arrived whose answer was lost shows when it is read again. */
  async send(method: Change['method'], url: URL, body: object): Promise<unknown> {
    const [token] = await this.callable();
    if (token === undefined) throw this.refusedByAll();
    const result = await this.call(url, token, { method, body });
    if (result.is === 'answer') return result.body;
    if (result.is === 'refused') throw refusal(url, result);
    if (result.is === 'broken') throw broken(url, result, 1);
    if (result.is === 'unwelcome') {
      this.remember(token, url, result);
      throw this.refusedByAll();
    }
    await this.park(token, result.retryAfter);
    throw new TransientError('MIST_THROTTLED', `Mist throttled ${url.pathname}`);
  }

  /** Like `get`, for calls where 400 and 404 mean "no data". */
  async ask(url: URL): Promise<Answer | Refusal> {
    const { backoff, random } = this.options;
    for (let attempt = 1; ; attempt += 1) {
      const [token] = await this.callable();
      if (token === undefined) throw this.refusedByAll();
      const result = await this.call(url, token);
      if (result.is === 'answer') return result;
      if (result.is === 'refused') return result;
      if (result.is === 'throttled') await this.park(token, result.retryAfter);
      else if (result.is === 'unwelcome') this.remember(token, url, result);
      else if (attempt >= backoff.attempts) throw broken(url, result, attempt);
      else await this.pause(backoffMs(backoff, attempt, random()));
    }
  }

  private async pause(ms: number): Promise<void> {
    const { signal } = this.options;
    try {
      await sleep(ms, undefined, signal === null ? {} : { signal });
    } catch (cause) {
      throw new PermanentError('COLLECT_ABORTED', 'The poll was stopped', { cause });
    }
  }

  private async call(url: URL, token: Token, change?: Change): Promise<Exchange> {
    if (await this.spend(token)) return this.exchange(url, token, change);
    const at = this.options.clock.now();
    throw exhausted(`all ${this.options.callLimit} calls planned for this hour are spent`, untilNextHourMs(at));
  }

  private exchange(url: URL, token: Token, change?: Change): Promise<Exchange> {
    this.calls += 1;
    return exchange({ url, change, secret: token.secret, timeoutMs: this.options.timeoutMs, signal: this.options.signal });
  }

  /** Takes one call out of what was reserved, else out of the hour; `false` when neither has one left. */
  private async spend(token: Token): Promise<boolean> {
    const { reserved } = this;
    if (reserved !== null && reserved.accountKey === token.accountKey && reserved.left > 0) {
      reserved.left -= 1;
      return true;
    }
    const { budget, callLimit: limit, clock } = this.options;
    return budget.reserve(token.accountKey, clock.now(), { calls: 1, limit });
  }

  /** The tokens that may call, the preferred first. Throws when every one is parked or refused. */
  private async callable(): Promise<Token[]> {
    const now = this.options.clock.now();
    const welcome = this.options.tokens.filter(({ key }) => !this.unwelcome.has(key));
    if (welcome.length === 0) throw this.refusedByAll();
    const parked = await Promise.all(welcome.map(({ accountKey }) => this.options.budget.parked(accountKey, now)));
    const free = welcome.filter((_, index) => parked[index] === null);
    if (free.length > 0) return free;
    const until = Math.min(...parked.map((park) => park?.until ?? now));
    throw new TransientError('MIST_THROTTLED', `Mist lets this token call again at ${new Date(until).toISOString()}`, {
      retryAfterMs: until - now,
    });
  }

  private remember(token: Token, url: URL, { status, detail }: Extract<Exchange, { is: 'unwelcome' }>): void {
    const code = status === 401 ? 'MIST_UNAUTHORIZED' : 'MIST_FORBIDDEN';
    const mend = status === 401 ? 'check the token and the cloud host' : 'give the token read access to this organization';
    // The key must outlive the scrubbing of errors, which takes a long word straight after "token" for a secret: the standing refusal is found by it.
    const message = `Mist refused the token with key ${token.key} for ${url.pathname} (${status}: ${detail}): ${mend}`;
    this.unwelcome.set(token.key, new PermanentError(code, message));
  }

  private refusedByAll(): PermanentError {
    const [first] = this.unwelcome.values();
    return first ?? new PermanentError('MIST_NO_TOKEN', `No token is configured for ${this.options.baseUrl}`);
  }

  /** Parks the whole token, for every collector: as long as Mist says, else to the top of the hour, which its usage page may correct. */
  private async park(token: Token, retryAfter: string | null): Promise<void> {
    const { clock, budget, random } = this.options;
    const now = clock.now();
    const jitterMs = parkJitterMs(random());
    const untilAfter = (waitMs: number): number => now + Math.max(1_000, waitMs) + jitterMs;
    const toldMs = retryAfterMs(retryAfter, now);
    const until = untilAfter(toldMs ?? untilNextHourMs(now));
    // Before the usage page is asked: that call may fail, or find nothing left to pay for it.
    await budget.park(token.accountKey, now, { until, reason: 'Mist answered 429' });
    const usageMs = toldMs === null ? await this.usageMs(token) : null;
    if (usageMs !== null) await budget.correctPark(token.accountKey, now, { from: until, until: untilAfter(usageMs) });
  }

  private async usageMs(token: Token): Promise<number | null> {
    if (!(await this.spend(token))) return null;
    const result = await this.exchange(this.url('/api/v1/self/usage'), token);
    if (result.is !== 'answer' || typeof result.body !== 'object' || result.body === null || !('seconds' in result.body))
      return null;
    const { seconds } = result.body;
    return typeof seconds === 'number' && seconds >= 0 ? seconds * 1000 : null;
  }
}

const refusal = (url: URL, { status, detail }: Refusal): PermanentError =>
  new PermanentError('MIST_REFUSED', `Mist refused ${url.pathname} with ${status}: ${detail}`, { details: { status } });

const exhausted = (reason: string, retryAfter: number): TransientError =>
  new TransientError('BUDGET_EXHAUSTED', `Budget exhausted: ${reason}`, { retryAfterMs: retryAfter });

const broken = (url: URL, { code, reason, cause }: Extract<Exchange, { is: 'broken' }>, attempts: number): TransientError =>
  new TransientError(code, `${url.pathname}: ${reason} (${attempts} attempts)`, { cause });
