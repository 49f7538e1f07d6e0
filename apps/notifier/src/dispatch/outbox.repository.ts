import type { AlertDetails, AlertRuleId, AlertStatus, EpochMs, Severity } from '@app/domain';
import type { Queryable } from '@app/shared';

/** An alert that changed, as it is now: what the outbox row said then may be outdated, the alert never is. */
export interface ChangedAlert {
  readonly alertId: number;
  readonly rule: AlertRuleId;
  readonly siteId: number | null;
  readonly status: AlertStatus;
  readonly severity: Severity;
  readonly firedAt: EpochMs | null;
  readonly details: AlertDetails;
}

/** Orgs with rows waiting in the outbox. */
export async function orgsWaiting(db: Queryable): Promise<number[]> {
  const rows = await db.query<{ orgId: number }>('select distinct org_id as "orgId" from outbox where taken_at is null');
  return rows.map(({ orgId }) => orgId);
}

/** Takes the oldest waiting rows of an org; those another notifier holds are left to it. Committed with what is made of them. */
export async function takeOutbox(
  db: Queryable,
  orgId: number,
  now: EpochMs,
  limit: number,
): Promise<{ taken: number; alerts: ChangedAlert[] }> {
  const taken = await db.query<{ alertId: number }>(
    `update outbox set taken_at = $2 where id in (
       select id from outbox where org_id = $1 and taken_at is null order by id limit $3 for update skip locked)
     returning alert_id as "alertId"`,
    [orgId, new Date(now), limit],
  );
  const ids = [...new Set(taken.map(({ alertId }) => alertId))];
  return { taken: taken.length, alerts: await readAlerts(db, orgId, ids) };
}

async function readAlerts(db: Queryable, orgId: number, ids: readonly number[]): Promise<ChangedAlert[]> {
  if (ids.length === 0) return [];
  const rows = await db.query<Omit<ChangedAlert, 'firedAt'> & { firedAt: Date | null }>(
    `select id as "alertId", rule, site_id as "siteId", status, severity, fired_at as "firedAt", details
     from alert where org_id = $1 and id = any($2) order by id`,
    [orgId, ids],
  );
  return rows.map((row) => ({ ...row, firedAt: row.firedAt?.getTime() ?? null }));
}
