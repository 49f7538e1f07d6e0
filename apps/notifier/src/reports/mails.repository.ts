import type { EpochMs } from '@app/domain';
import { auditRow, type AskedRun, type Queryable } from '@app/shared';
import { CHANGING_MS, scheduleKeys, type Configured } from './configured.js';
import { FARTHEST_CLAIM_MS, FARTHEST_RETRY_MS, type Claim } from './runs.repository.js';

/** A mail of a report that this process may send until its claim ends. */
export interface ClaimedMail {
  readonly orgId: number;
  readonly orgExternalId: string;
  readonly orgName: string;
  readonly runId: number;
  readonly schedule: string;
  readonly asked: AskedRun;
  readonly revision: string;
  readonly destination: string;
  readonly createdAt: EpochMs;
  readonly madeAt: EpochMs;
  readonly claimedBy: string;
  /** This one included. */
  readonly attempts: number;
  /** Claims before this one of which nobody told what came of them: whoever made them ended. */
  readonly unanswered: number;
}

/** Who may get mails of a schedule, as the configuration of this process has it. */
export interface MailReaders extends Configured {
  readonly destinations: readonly string[];
}

export interface DueMails {
  readonly readers: readonly MailReaders[];
  /** Of what was due by then. */
  readonly dueBy: EpochMs;
  /** Those that somebody claimed before who ended without an answer, or the others. */
  readonly isSuspect: boolean;
  readonly most: number;
}

type MailRow = Omit<ClaimedMail, 'createdAt' | 'madeAt'> & { readonly createdAt: Date; readonly madeAt: Date };

/** One mail for each destination of a run. */
export async function addMails(
  tx: Queryable,
  { orgId, id }: { readonly orgId: number; readonly id: number },
  destinations: readonly string[],
  now: EpochMs,
): Promise<void> {
  await tx.query(
    `insert into report_mail (org_id, run_id, destination, due_at, created_at) select $1, $2, d, $4, $4 from unnest($3::text[]) as d
     on conflict do nothing`,
    [orgId, id, destinations, new Date(now)],
  );
}

const GONE = 'The reader or the schedule is not in the configuration any more';

/** Readers as three lists of the same length, for a query. */
function readerKeys(readers: readonly MailReaders[]): readonly [orgIds: number[], schedules: string[], destinations: string[]] {
  const each = readers.flatMap(({ org, schedule, destinations }) => destinations.map((to) => [org.id, schedule.id, to] as const));
  return [each.map(([orgId]) => orgId), each.map(([, schedule]) => schedule), each.map(([, , destination]) => destination)];
}

/** Claims mails that are due. A claim of a process that died ends by itself; what a clock that was ahead wrote does not wait for that time. */
export async function claimMails(
  db: Queryable,
  { claimant, now, leaseMs }: Claim,
  { readers, dueBy, isSuspect, most }: DueMails,
): Promise<ClaimedMail[]> {
  const rows = await db.query<MailRow & { [column: string]: unknown }>(
    `with due as (
       select m.org_id, m.run_id, m.destination from report_mail m join report_run r on r.org_id = m.org_id and r.id = m.run_id
       where m.status = 'due' and (m.due_at <= $9 or m.due_at > $11) and (m.claimed_until is null or m.claimed_until <= $2 or m.claimed_until > $10)
         and (m.unanswered > 0) = $8 and (m.org_id, r.schedule, m.destination) in (select * from unnest($5::integer[], $6::text[], $7::text[]))
       order by m.due_at, m.run_id, m.destination limit $4 for update of m skip locked)
     update report_mail m set claimed_by = $1, claimed_until = $3, attempts = m.attempts + 1, unanswered = m.unanswered + 1,
       created_at = least(m.created_at, $2), due_at = least(m.due_at, $2)
     from due, report_run r, org o
     where m.org_id = due.org_id and m.run_id = due.run_id and m.destination = due.destination and r.org_id = m.org_id and r.id = m.run_id and o.id = m.org_id
     returning m.org_id as "orgId", o.external_id as "orgExternalId", coalesce(o.name, o.external_id) as "orgName", m.run_id as "runId", r.schedule, r.asked,
       r.revision, m.destination, m.created_at as "createdAt", r.made_at as "madeAt", m.claimed_by as "claimedBy", m.attempts,
       m.unanswered - 1 as unanswered`,
    [
      claimant,
      new Date(now),
      new Date(now + leaseMs),
      most,
      ...readerKeys(readers),
      isSuspect,
      new Date(dueBy),
      new Date(now + FARTHEST_CLAIM_MS),
      new Date(now + FARTHEST_RETRY_MS),
    ],
  );
  return rows.map((row) => ({ ...row, createdAt: row.createdAt.getTime(), madeAt: row.madeAt.getTime() }));
}

/** Ends the mails of schedules and to readers that no configuration has any more; returns how many. */
export async function withdrawMails(tx: Queryable, readers: readonly MailReaders[], now: EpochMs): Promise<number> {
  const rows = await tx.query<{ orgId: number; runId: number; schedule: string; destination: string }>(
    `update report_mail m set status = 'withdrawn', answer = $8, claimed_by = null, claimed_until = null
     from report_run r where r.org_id = m.org_id and r.id = m.run_id
       and m.status = 'due' and m.created_at <= $6 and (m.claimed_until is null or m.claimed_until <= $7)
       and (m.org_id, r.schedule, m.destination) not in (select * from unnest($1::integer[], $2::text[], $3::text[]))
       and ((m.org_id, r.schedule) in (select * from unnest($4::integer[], $5::text[]))
         or not exists (select from report_schedule s where s.org_id = r.org_id and s.schedule = r.schedule))
     returning m.org_id as "orgId", m.run_id as "runId", r.schedule, m.destination`,
    [...readerKeys(readers), ...scheduleKeys(readers), new Date(now - CHANGING_MS), new Date(now), GONE],
  );
  for (const { orgId, runId, schedule, destination } of rows)
    await auditRow(tx, orgId, {
      at: new Date(now),
      actor: 'notifier',
      action: 'report-mail-withdrawn',
      subject: `report-schedule:${schedule}`,
      details: { run: runId, destination, reason: GONE },
    });
  return rows.length;
}

/** Lets the claims of a process that lives go on. */
export async function renewMails(db: Queryable, { claimant, now, leaseMs }: Claim): Promise<void> {
  await db.query(
    `update report_mail set claimed_until = $2 where (org_id, run_id, destination) in (
       select org_id, run_id, destination from report_mail where status = 'due' and claimed_by = $1 for update skip locked)`,
    [claimant, new Date(now + leaseMs)],
  );
}

export interface MailRecord {
  readonly outcome: 'sent' | 'retry' | 'dead';
  /** What the mail server said. */
  readonly answer: string;
  readonly messageId: string | null;
  /** When to try again; `null` unless the outcome is `retry`. */
  readonly retryAt: EpochMs | null;
}

const STATUS_OF = { sent: 'sent', retry: 'due', dead: 'dead' } as const;

/** Notes an attempt, unless the claim was lost meanwhile: then its new holder does. Returns whether it was noted. */
export async function recordMail(tx: Queryable, mail: ClaimedMail, record: MailRecord, now: EpochMs): Promise<boolean> {
  const rows = await tx.query(
    `update report_mail set status = $5, unanswered = 0, due_at = coalesce($6, due_at), claimed_by = null, claimed_until = null,
       sent_at = case when $5 = 'sent' then $7::timestamptz end, message_id = coalesce($8, message_id), answer = $9
     where org_id = $1 and run_id = $2 and destination = $3 and status = 'due' and claimed_by = $4 returning 1`,
    [
      mail.orgId,
      mail.runId,
      mail.destination,
      mail.claimedBy,
      STATUS_OF[record.outcome],
      record.retryAt === null ? null : new Date(record.retryAt),
      new Date(now),
      record.messageId,
      record.answer.slice(0, 2_000),
    ],
  );
  return rows.length > 0;
}
