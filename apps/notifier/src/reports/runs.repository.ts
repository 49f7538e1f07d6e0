import { HOUR_MS, MINUTE_MS, type EpochMs } from '@app/domain';
import { auditRow, type AskedRun, type Queryable } from '@app/shared';
import { CHANGING_MS, scheduleKeys, type Configured } from './configured.js';

/** A run that this process may make until its claim ends. */
export interface ClaimedRun {
  readonly orgId: number;
  readonly id: number;
  readonly schedule: string;
  readonly asked: AskedRun;
  readonly claimedBy: string;
  /** This one included: one that ends its process each time comes to an end, too. */
  readonly attempts: number;
}

export interface Claim {
  readonly claimant: string;
  readonly now: EpochMs;
  readonly leaseMs: number;
}

/** Why something is withdrawn. */
const GONE = 'The schedule is not in the configuration any more';
/** No claim lasts this long: one that seems to was made by a clock that was ahead. */
export const FARTHEST_CLAIM_MS = 10 * MINUTE_MS;
/** Nothing is to be tried again as late as this. */
export const FARTHEST_RETRY_MS = 2 * HOUR_MS;

const dateOf = (at: EpochMs | null): Date | null => (at === null ? null : new Date(at));

/** The run of these schedules that waits longest; `null` = none is due. What a clock that was ahead wrote, and its claims, do not wait for that time. */
export async function claimRun(
  db: Queryable,
  { claimant, now, leaseMs }: Claim,
  mine: readonly Configured[],
): Promise<ClaimedRun | null> {
  const [row] = await db.query<ClaimedRun & { [column: string]: unknown }>(
    `with due as (
       select org_id, id from report_run where status = 'due' and (next_at <= $2 or next_at > $7)
         and (claimed_until is null or claimed_until <= $2 or claimed_until > $6)
         and (org_id, schedule) in (select * from unnest($4::integer[], $5::text[]))
       order by next_at, id limit 1 for update skip locked)
     update report_run r set claimed_by = $1, claimed_until = $3, attempts = attempts + 1, created_at = least(created_at, $2)
     from due where r.org_id = due.org_id and r.id = due.id
     returning r.org_id as "orgId", r.id, r.schedule, r.asked, r.claimed_by as "claimedBy", r.attempts`,
    [
      claimant,
      new Date(now),
      new Date(now + leaseMs),
      ...scheduleKeys(mine),
      new Date(now + FARTHEST_CLAIM_MS),
      new Date(now + FARTHEST_RETRY_MS),
    ],
  );
  return row ?? null;
}

/** Lets the claim of a process that lives go on. */
export async function renewRun(db: Queryable, { claimant, now, leaseMs }: Claim): Promise<void> {
  await db.query(`update report_run set claimed_until = $2 where status = 'due' and claimed_by = $1`, [
    claimant,
    new Date(now + leaseMs),
  ]);
}

/** Its report was made. `false` = somebody else has the run by now, and tells of it. */
export async function finishRun(
  tx: Queryable,
  { orgId, id, claimedBy }: ClaimedRun,
  made: { readonly revision: string; readonly files: readonly number[] },
  now: EpochMs,
): Promise<boolean> {
  const rows = await tx.query(
    `update report_run set status = 'made', made_at = $4, revision = $5, failure = null, claimed_by = null, claimed_until = null
     where org_id = $1 and id = $2 and status = 'due' and claimed_by = $3 returning 1`,
    [orgId, id, claimedBy, new Date(now), made.revision],
  );
  if (rows.length === 0) return false;
  await tx.query(
    'insert into report_run_file (org_id, run_id, file_id) select $1, $2, f from unnest($3::bigint[]) as f on conflict do nothing',
    [orgId, id, made.files],
  );
  return true;
}

/** It could not be made; without a time for the next try it waits for a person. `false` = somebody else has the run. */
export async function failRun(
  tx: Queryable,
  { orgId, id, claimedBy }: ClaimedRun,
  { failure, retryAt }: { readonly failure: string; readonly retryAt: EpochMs | null },
): Promise<boolean> {
  const rows = await tx.query(
    `update report_run set status = case when $5::timestamptz is null then 'parked' else 'due' end, next_at = coalesce($5, next_at), failure = $4,
       claimed_by = null, claimed_until = null
     where org_id = $1 and id = $2 and status = 'due' and claimed_by = $3 returning 1`,
    [orgId, id, claimedBy, failure.slice(0, 2_000), dateOf(retryAt)],
  );
  return rows.length > 0;
}

/** Ends the runs of schedules that no configuration has any more; returns how many. */
export async function withdrawRuns(tx: Queryable, mine: readonly Configured[], now: EpochMs): Promise<number> {
  const rows = await tx.query<{ orgId: number; id: number; schedule: string }>(
    `update report_run r set status = 'withdrawn', failure = $5, claimed_by = null, claimed_until = null
     where status = 'due' and created_at <= $3 and (claimed_until is null or claimed_until <= $4)
       and (org_id, schedule) not in (select * from unnest($1::integer[], $2::text[]))
       and not exists (select from report_schedule s where s.org_id = r.org_id and s.schedule = r.schedule)
     returning org_id as "orgId", id, schedule`,
    [...scheduleKeys(mine), new Date(now - CHANGING_MS), new Date(now), GONE],
  );
  for (const { orgId, id, schedule } of rows)
    await auditRow(tx, orgId, {
      at: new Date(now),
      actor: 'notifier',
      action: 'report-withdrawn',
      subject: `report-schedule:${schedule}`,
      details: { run: id, reason: GONE },
    });
  return rows.length;
}

/** Of these schedules, those whose newest run waits for a person; of every organization. */
export async function parkedSchedules(db: Queryable, schedules: readonly string[]): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `select count(*)::int as count from (select distinct on (org_id, schedule) status from report_run where schedule = any ($1)
       order by org_id, schedule, id desc) newest where status = 'parked'`,
    [schedules],
  );
  return row?.count ?? 0;
}

/** A region that some site of the organization is in, or was. */
export async function isRegion(db: Queryable, orgId: number, region: string): Promise<boolean> {
  const rows = await db.query(
    `select 1 from site_attribute where org_id = $1 and region = $2
     union all select 1 from site where org_id = $1 and country_code = $2 limit 1`,
    [orgId, region],
  );
  return rows.length > 0;
}
