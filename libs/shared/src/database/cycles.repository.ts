import type { Queryable, Transaction } from './database.js';

export interface PollCycle {
  readonly orgId: number;
  readonly cycleId: string;
  readonly kind: string;
  /** RFC 3339 or Date of the poll. */
  readonly observedAt: Date;
  /** Reads a window of its own, so that the next poll must not continue from it. */
  readonly isBackfill: boolean;
}

/** A poll has begun; its pages follow as batches. */
export async function openCycle(db: Queryable, cycle: PollCycle): Promise<void> {
  await db.query(
    `insert into poll_cycle (org_id, cycle_id, kind, observed_at, is_backfill) values ($1, $2, $3, $4, $5) on conflict do nothing`,
    [cycle.orgId, cycle.cycleId, cycle.kind, cycle.observedAt, cycle.isBackfill],
  );
}

/** The last page was handed over: from now on the cycle can be complete. */
export async function setCyclePages(
  tx: Transaction,
  cycle: { orgId: number; cycleId: string; pages: number; calls: number },
): Promise<void> {
  await tx.query('update poll_cycle set pages = $3, calls = $4 where org_id = $1 and cycle_id = $2', [
    cycle.orgId,
    cycle.cycleId,
    cycle.pages,
    cycle.calls,
  ]);
}

/**
 * Advances `poll_state`, unless for a backfill, when every page of the cycle is committed; called by whoever may be last, the analyzer or the collector. The row lock
 * comes before the count, so that of two last pages committing at once the second sees the first. Returns whether the cycle is complete.
 */
export async function completeCycle(tx: Transaction, orgId: number, cycleId: string): Promise<boolean> {
  await tx.query('select 1 from poll_cycle where org_id = $1 and cycle_id = $2 for update', [orgId, cycleId]);
  const closed = await tx.query<{ kind: string; observed_at: Date; is_backfill: boolean }>(
    `update poll_cycle c set committed_at = now()
     where c.org_id = $1 and c.cycle_id = $2 and c.committed_at is null and c.pages is not null
       and (select count(*) from batch b where b.org_id = $1 and b.cycle_id = $2) >= c.pages
     returning c.kind, c.observed_at, c.is_backfill`,
    [orgId, cycleId],
  );
  const cycle = closed[0];
  if (cycle === undefined) return false;
  if (cycle.is_backfill) return true;
  await tx.query(
    `insert into poll_state (org_id, kind, committed_at) values ($1, $2, $3)
     on conflict (org_id, kind) do update set committed_at = greatest(poll_state.committed_at, excluded.committed_at)`,
    [orgId, cycle.kind, cycle.observed_at],
  );
  if (cycle.kind === 'sites') await markRemovedSites(tx, orgId, cycle.observed_at);
  return true;
}

/** A complete list of sites was read: what Mist no longer lists is gone (its history stays). */
async function markRemovedSites(tx: Transaction, orgId: number, observedAt: Date): Promise<void> {
  await tx.query('update site set removed_at = $2 where org_id = $1 and removed_at is null and observed_at < $2', [
    orgId,
    observedAt,
  ]);
}
