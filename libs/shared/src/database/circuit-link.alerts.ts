import { ALERT_RULES, endOfLinked, isBuiltInRule, statusOf, type AlertState } from '@app/domain';
import type { Queryable } from './database.js';

interface OpenAlert {
  readonly id: number;
  readonly rule: string;
  readonly state: AlertState;
  readonly status: string;
  readonly severity: string;
}

export interface AlertMove {
  readonly orgId: number;
  readonly kept: number;
  readonly joined: number;
  readonly now: Date;
}

/** Alerts go on under the circuit that is kept. Where both have one of the same rule open, the one of the kept circuit goes on and the other ends. */
export async function moveAlerts(db: Queryable, { orgId, kept, joined, now }: AlertMove): Promise<number> {
  const [from, to] = [`circuit:${String(joined)}`, `circuit:${String(kept)}`];
  const doubled = await db.query<OpenAlert>(
    `select a.id, a.rule, a.state, a.status, a.severity from alert a
     where a.org_id = $1 and a.circuit_id = $2 and a.status <> 'resolved' and a.subject = $3
       and exists (select 1 from alert k where k.org_id = $1 and k.rule = a.rule and k.subject = $4 and k.status <> 'resolved')
     order by a.rule, a.subject, a.id for update of a`,
    [orgId, joined, from, to],
  );
  for (const alert of doubled) await end(db, { orgId, now, keptBy: to }, alert);
  const moved = await db.query<{ id: number }>(
    `update alert set circuit_id = $3, subject = case when subject = $4 then $5 else subject end
     where org_id = $1 and circuit_id = $2 returning id`,
    [orgId, joined, kept, from, to],
  );
  return moved.length;
}

async function end(
  db: Queryable,
  { orgId, now, keptBy }: { orgId: number; now: Date; keptBy: string },
  alert: OpenAlert,
): Promise<void> {
  const { state, change } = endOfLinked(alert.state, ALERT_RULES[isBuiltInRule(alert.rule) ? alert.rule : 'circuit-down']);
  if (change === null) return;
  await db.query(
    `with ended as (
       update alert set state = $3, status = $4, resolved_at = $5, due_at = null where org_id = $1 and id = $2 returning id
     ), told as (
       insert into alert_change (org_id, alert_id, seq, at, from_status, to_status, severity, reason, data)
       select $1, e.id, 1 + coalesce((select max(seq) from alert_change c where c.org_id = $1 and c.alert_id = e.id), 0), $5, $6, $4, $7, $8,
         jsonb_build_object('goes_on_as', $9::text) from ended e returning alert_id, seq
     )
     insert into outbox (org_id, alert_id, seq, at) select $1, alert_id, seq, $5 from told`,
    [orgId, alert.id, JSON.stringify(state), statusOf(state), now, alert.status, change.severity, change.reason, keptBy],
  );
}
