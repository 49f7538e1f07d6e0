import type { EpochMs } from '@app/domain';
import type { Queryable } from '@app/shared';
import type { ChainStanding } from './chain.js';

/** Of all organizations together: one whose token was revoked has an alert of its own. */
export async function readStanding(db: Queryable): Promise<ChainStanding> {
  const [row] = await db.query<{ polled: Date | null; committed: Date | null; waiting: Date | null; swept: Date | null }>(
    `select (select max(attempted_at) from poll_state) as polled, (select max(committed_at) from poll_state) as committed,
       (select min(at) from outbox where taken_at is null) as waiting, (select swept_at from heartbeat) as swept`,
  );
  return {
    polledAt: row?.polled?.getTime() ?? null,
    committedAt: row?.committed?.getTime() ?? null,
    waitingSince: row?.waiting?.getTime() ?? null,
    sweptAt: row?.swept?.getTime() ?? null,
  };
}

export async function noteSweep(db: Queryable, now: EpochMs): Promise<void> {
  await db.query('update heartbeat set swept_at = $1', [new Date(now)]);
}

/**
 * Takes the call of this interval; of several notifiers one gets it. A call that was claimed in the future was claimed by a clock that has been set
 * back since.
 */
export async function claimHeartbeat(db: Queryable, now: EpochMs, intervalMs: number): Promise<boolean> {
  const rows = await db.query(
    'update heartbeat set claimed_at = $1 where claimed_at is null or claimed_at <= $2 or claimed_at > $1 returning 1',
    [new Date(now), new Date(now - intervalMs)],
  );
  return rows.length > 0;
}

export async function noteCall(db: Queryable, now: EpochMs, failure: string | null): Promise<void> {
  await db.query(
    failure === null
      ? 'update heartbeat set sent_at = $1, failed_at = null, failure = null'
      : 'update heartbeat set failed_at = $1, failure = $2',
    failure === null ? [new Date(now)] : [new Date(now), failure],
  );
}

/** When a call was last answered; `null` = never. */
export async function lastCallAt(db: Queryable): Promise<EpochMs | null> {
  const [row] = await db.query<{ at: Date | null }>('select sent_at as at from heartbeat');
  return row?.at?.getTime() ?? null;
}
