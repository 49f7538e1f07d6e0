import { auditRow, type Change } from './audited.js';
import type { Database, Queryable } from './database.js';

/** A notice that was given up, and why. */
export interface DeadDelivery {
  readonly id: number;
  readonly incidentId: number;
  readonly destination: string;
  readonly reason: string;
  readonly title: string | null;
  readonly createdAt: Date;
  readonly attempts: number;
  /** When it was tried last, and what the receiver said then. */
  readonly lastAt: Date | null;
  readonly lastAnswer: string | null;
}

/** Notices of an org that were given up, the newest first. */
export const deadDeliveries = (db: Queryable, orgId: number, limit: number): Promise<DeadDelivery[]> =>
  db.query<DeadDelivery & { [column: string]: unknown }>(
    `select d.id, d.incident_id as "incidentId", d.destination, d.reason, d.notification->>'title' as title, d.created_at as "createdAt", d.attempts,
       t.at as "lastAt", t.answer as "lastAnswer"
     from delivery d left join lateral (select a.at, a.answer from delivery_attempt a where a.org_id = d.org_id and a.delivery_id = d.id
       order by a.attempt desc limit 1) t on true
     where d.org_id = $1 and d.status = 'dead' order by d.id desc limit $2`,
    [orgId, limit],
  );

export type ReplayOutcome = 'due' | 'not-dead' | 'not-found';

/** A delivery that was given up is tried again, for a day from now; one that is due already stays so. */
export function replayDelivery(database: Database, orgId: number, id: number, change: Change): Promise<ReplayOutcome> {
  return database.transaction(async (tx) => {
    const [row] = await tx.query<{ status: string }>('select status from delivery where org_id = $1 and id = $2 for update', [
      orgId,
      id,
    ]);
    if (row === undefined) return 'not-found';
    if (row.status === 'due') return 'due';
    if (row.status !== 'dead') return 'not-dead';
    await tx.query(
      `update delivery set status = 'due', created_at = $3, due_at = $3, claimed_by = null, claimed_until = null where org_id = $1 and id = $2`,
      [orgId, id, change.at],
    );
    await auditRow(tx, orgId, { ...change, action: 'delivery.replay', subject: `delivery:${String(id)}` });
    return 'due';
  });
}
