import type { EpochMs } from '@app/domain';
import type { AskedRun, Queryable } from '@app/shared';
import type { Claim } from './runs.repository.js';

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
  /** Attempts made before this one. */
  readonly attempts: number;
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

/** Claims mails that are due. A claim of a process that died ends by itself. */
export async function claimMails(db: Queryable, { claimant, now, leaseMs }: Claim, limit: number): Promise<ClaimedMail[]> {
  const rows = await db.query<MailRow & { [column: string]: unknown }>(
    `with due as (
       select org_id, run_id, destination from report_mail where status = 'due' and due_at <= $2 and (claimed_until is null or claimed_until <= $2)
       order by due_at, run_id, destination limit $4 for update skip locked)
     update report_mail m set claimed_by = $1, claimed_until = $3 from due, report_run r, org o
     where m.org_id = due.org_id and m.run_id = due.run_id and m.destination = due.destination and r.org_id = m.org_id and r.id = m.run_id and o.id = m.org_id
     returning m.org_id as "orgId", o.external_id as "orgExternalId", coalesce(o.name, o.external_id) as "orgName", m.run_id as "runId", r.schedule, r.asked,
       r.revision, m.destination, m.created_at as "createdAt", r.made_at as "madeAt", m.claimed_by as "claimedBy", m.attempts`,
    [claimant, new Date(now), new Date(now + leaseMs), limit],
  );
  return rows.map((row) => ({ ...row, createdAt: row.createdAt.getTime(), madeAt: row.madeAt.getTime() }));
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
    `update report_mail set status = $5, attempts = attempts + 1, due_at = coalesce($6, due_at), claimed_by = null, claimed_until = null,
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
