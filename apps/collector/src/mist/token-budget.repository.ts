import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@app/shared';

const HOUR_MS = 3_600_000;

const hourOf = (at: number): Date => new Date(Math.floor(at / HOUR_MS) * HOUR_MS);

export interface Parked {
  readonly until: number;
  readonly reason: string;
}

/** What every collector has spent of a token in the clock hour, and until when it may not call. One row per token and hour, shared by all. */
@Injectable()
export class TokenBudget {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Takes `calls` out of the hour when they fit under `limit`, all or none. */
  async reserve(tokenKey: string, at: number, { calls, limit }: { calls: number; limit: number }): Promise<boolean> {
    if (calls > limit) return false;
    const rows = await this.database.query(
      `insert into api_budget (token_key, hour, spent) values ($1, $2, $3)
       on conflict (token_key, hour) do update set spent = api_budget.spent + $3 where api_budget.spent + $3 <= $4
       returning spent`,
      [tokenKey, hourOf(at), calls, limit],
    );
    return rows.length > 0;
  }

  /** Gives back what was reserved in the hour of `at` and not called. */
  async giveBack(tokenKey: string, at: number, calls: number): Promise<void> {
    if (calls <= 0) return;
    await this.database.query('update api_budget set spent = greatest(spent - $3, 0) where token_key = $1 and hour = $2', [
      tokenKey,
      hourOf(at),
      calls,
    ]);
  }

  async spent(tokenKey: string, at: number): Promise<number> {
    const rows = await this.database.query<{ spent: number }>('select spent from api_budget where token_key = $1 and hour = $2', [
      tokenKey,
      hourOf(at),
    ]);
    return rows[0]?.spent ?? 0;
  }

  async park(tokenKey: string, at: number, { until, reason }: Parked): Promise<void> {
    await this.database.query(
      `insert into api_budget (token_key, hour, parked_until, park_reason) values ($1, $2, $3, $4)
       on conflict (token_key, hour) do update
         set parked_until = greatest(api_budget.parked_until, excluded.parked_until), park_reason = excluded.park_reason`,
      [tokenKey, hourOf(at), new Date(until), reason],
    );
  }

  /** Puts a better end in place of `from`; an end that another collector has set since stays, unless it is earlier. */
  async correctPark(tokenKey: string, at: number, { from, until }: { from: number; until: number }): Promise<void> {
    await this.database.query(
      `update api_budget set parked_until = $4 where token_key = $1 and hour = $2 and (parked_until = $3 or parked_until < $4)`,
      [tokenKey, hourOf(at), new Date(from), new Date(until)],
    );
  }

  /** `null` when the token may call. */
  async parked(tokenKey: string, at: number): Promise<Parked | null> {
    const rows = await this.database.query<{ until: Date; reason: string | null }>(
      `select parked_until as until, park_reason as reason from api_budget
       where token_key = $1 and parked_until > $2 order by parked_until desc limit 1`,
      [tokenKey, new Date(at)],
    );
    const row = rows[0];
    return row === undefined ? null : { until: row.until.getTime(), reason: row.reason ?? '' };
  }
}
