import type { EpochMs } from '@app/domain';
import type { Queryable } from '@app/shared';

/** What was decided about an incident, and what made it so: enough to explain it later. */
export interface LoggedDecision {
  readonly reason: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Keeps a decision unless it says the same as the one before. */
export async function logDecision(
  db: Queryable,
  { orgId, incidentId }: { readonly orgId: number; readonly incidentId: number },
  { reason, detail }: LoggedDecision,
  now: EpochMs,
): Promise<void> {
  await db.query(
    `with last as (select seq, reason, detail from incident_decision where org_id = $1 and incident_id = $2 order by seq desc limit 1)
     insert into incident_decision (org_id, incident_id, seq, at, reason, detail)
     select $1, $2, coalesce((select seq from last), 0) + 1, $3, $4, $5
     where not exists (select 1 from last where last.reason = $4 and last.detail = $5)
     on conflict do nothing`,
    [orgId, incidentId, new Date(now), reason, JSON.stringify(detail)],
  );
}
