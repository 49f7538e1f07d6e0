import type { EpochMs } from '@app/domain';
import type { Queryable } from '@app/shared';
import type { AcceptedNotice, NoticeThread } from '../channels/channel.js';
import type { Notification } from '../channels/notification.js';

/** A delivery that this process may send until its claim ends. */
export interface ClaimedDelivery {
  readonly orgId: number;
  readonly id: number;
  readonly incidentId: number;
  readonly incidentOpenedAt: EpochMs;
  readonly step: number;
  readonly destination: string;
  readonly channel: string;
  /** The rota that named the destination; `null` = it was named itself. */
  readonly rota: string | null;
  readonly createdAt: EpochMs;
  readonly claimedBy: string;
  /** Attempts made before this one. */
  readonly attempts: number;
  /** One of them may have reached the receiver, though nobody knows: its answer was lost, or its notifier died. */
  readonly mayHaveCome: boolean;
  readonly notification: Notification;
  readonly correlationId: string | null;
}

export interface NewDelivery {
  readonly destination: string;
  readonly channel: string;
  readonly rota: string | null;
  /** The digest that tells it; `null` = it is told at once. */
  readonly digestAt: EpochMs | null;
  readonly notification: Notification;
  readonly correlationId: string | null;
}

/** One row per destination of a notice; the same notice asked for again adds none. */
export async function addDeliveries(
  db: Queryable,
  orgId: number,
  deliveries: readonly NewDelivery[],
  now: EpochMs,
): Promise<void> {
  for (const { destination, channel, rota, digestAt, notification, correlationId } of deliveries) {
    await db.query(
      `insert into delivery (org_id, incident_id, step, destination, channel, reason, status, created_at, due_at, notification, correlation_id, rota)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict (org_id, incident_id, step, destination) do nothing`,
      [
        orgId,
        notification.incidentId,
        notification.step,
        destination,
        channel,
        notification.reason,
        digestAt === null ? 'due' : 'digest',
        new Date(now),
        new Date(digestAt ?? now),
        JSON.stringify(notification),
        correlationId,
        rota,
      ],
    );
  }
}

/**
 * Claims deliveries that are due. A later step waits for the earlier ones to the same destination, so nobody hears of the recovery first. A claim
 * of a process that died ends by itself.
 */
export async function claimDeliveries(
  db: Queryable,
  { claimant, now, leaseMs, limit }: { claimant: string; now: EpochMs; leaseMs: number; limit: number },
): Promise<ClaimedDelivery[]> {
  const rows = await db.query<
    Omit<ClaimedDelivery, 'createdAt' | 'incidentOpenedAt'> & { createdAt: Date; incidentOpenedAt: Date }
  >(
    `with due as (
       select org_id, id from delivery d where status = 'due' and due_at <= $2 and (claimed_until is null or claimed_until <= $2)
         and not exists (select 1 from delivery e where e.org_id = d.org_id and e.incident_id = d.incident_id and e.destination = d.destination
           and e.step < d.step and e.status = 'due')
       order by due_at, id limit $4 for update skip locked
     )
     update delivery d set claimed_by = $1, claimed_until = $3 from due, incident i
     where d.org_id = due.org_id and d.id = due.id and i.org_id = d.org_id and i.id = d.incident_id
     returning d.org_id as "orgId", d.id, d.incident_id as "incidentId", i.opened_at as "incidentOpenedAt", d.step, d.destination, d.channel, d.rota,
       d.created_at as "createdAt", d.claimed_by as "claimedBy", d.attempts, d.may_have_come as "mayHaveCome",
       d.notification, d.correlation_id as "correlationId"`,
    [claimant, new Date(now), new Date(now + leaseMs), limit],
  );
  return rows
    .map((row) => ({ ...row, createdAt: row.createdAt.getTime(), incidentOpenedAt: row.incidentOpenedAt.getTime() }))
    .sort((a, b) => a.id - b.id);
}

/** Lets the claims of a process that lives go on. Those that are just being written to are left out: they end by being written. */
export async function renewClaims(
  db: Queryable,
  { claimant, now, leaseMs }: { claimant: string; now: EpochMs; leaseMs: number },
): Promise<void> {
  await db.query(
    `update delivery set claimed_until = $2 where (org_id, id) in (
       select org_id, id from delivery where status = 'due' and claimed_by = $1 for update skip locked)`,
    [claimant, new Date(now + leaseMs)],
  );
}

/** Locks a claimed delivery; `false` = somebody else has taken it over, because its claim ended while its process stood still. */
export async function lockClaim(tx: Queryable, { orgId, id, claimedBy }: ClaimedDelivery): Promise<boolean> {
  const rows = await tx.query(
    `select 1 from delivery where org_id = $1 and id = $2 and status = 'due' and claimed_by = $3 for update`,
    [orgId, id, claimedBy],
  );
  return rows.length > 0;
}

export interface AttemptRecord {
  readonly outcome: 'sent' | 'retry' | 'dead';
  /** What the receiver said. */
  readonly answer: string;
  readonly messageId: string | null;
  /** What the receiver calls what it took. */
  readonly remoteId: string | null;
  /** When to try again; `null` unless the outcome is `retry`. */
  readonly retryAt: EpochMs | null;
  /** It certainly did not take it. */
  readonly isRefused: boolean;
}

const STATUS_OF = { sent: 'sent', retry: 'due', dead: 'dead' } as const;

/** Notes an attempt and what follows from it, unless the claim was lost meanwhile: then its new holder does. Returns whether it was noted. */
export async function recordAttempt(
  db: Queryable,
  delivery: ClaimedDelivery,
  record: AttemptRecord,
  now: EpochMs,
): Promise<boolean> {
  const at = new Date(now);
  const rows = await db.query(
    `with moved as (
       update delivery set status = $4, attempts = attempts + 1, due_at = coalesce($5, due_at), claimed_by = null, claimed_until = null,
         sent_at = case when $4 = 'sent' then $6::timestamptz end, message_id = coalesce($7, message_id),
         remote_id = coalesce($10, remote_id), may_have_come = $11
       where org_id = $1 and id = $2 and status = 'due' and claimed_by = $3 returning org_id, id, attempts
     )
     insert into delivery_attempt (org_id, delivery_id, attempt, at, outcome, answer)
     select org_id, id, attempts, $6, $8, $9 from moved returning attempt`,
    [
      delivery.orgId,
      delivery.id,
      delivery.claimedBy,
      STATUS_OF[record.outcome],
      dateOf(record.retryAt),
      at,
      record.messageId,
      record.outcome,
      record.answer.slice(0, 2_000),
      record.remoteId,
      !record.isRefused || delivery.mayHaveCome,
    ],
  );
  return rows.length > 0;
}

/** What the destination of a delivery took of the incident before it: the first and the newest notice; `null` = nothing. */
export async function readThread(
  db: Queryable,
  { orgId, incidentId, destination, step }: ClaimedDelivery,
): Promise<NoticeThread | null> {
  const taken = `select step, coalesce(message_id, '') as "messageId", remote_id as "remoteId" from delivery
    where org_id = $1 and incident_id = $2 and destination = $3 and step < $4 and status = 'sent' and reason <> 'acknowledged'`;
  const [first, latest] = await db.query<AcceptedNotice>(
    `(${taken} order by step limit 1) union all (${taken} order by step desc limit 1)`,
    [orgId, incidentId, destination, step],
  );
  return first === undefined || latest === undefined ? null : { first, latest };
}

/** Somebody who was told of an incident, or will be. */
export interface ToldDestination {
  readonly destination: string;
  readonly channel: string;
  readonly rota: null;
  /** `false` = only a digest told it, or will. */
  readonly isToldAtOnce: boolean;
  /** When the digest is due that will tell it. */
  readonly waitsUntil: EpochMs | null;
}

/** The incident with those that went on in it. */
const FAMILY = `with recursive family (id) as (
  select $2::bigint union select i.id from incident i join family f on i.org_id = $1 and i.folded_into = f.id)`;

/** Tried and then held back or given up, though it may have arrived: whoever may have been told hears of the end. */
const MAY_HAVE_COME = `(status in ('withheld', 'dead') and may_have_come)`;

/** Whom the end of an incident concerns: also those who were told of incidents that went on in it. */
export async function toldDestinations(db: Queryable, orgId: number, incidentId: number): Promise<ToldDestination[]> {
  const rows = await db.query<{ destination: string; channel: string; isToldAtOnce: boolean; waitsUntil: Date | null }>(
    `${FAMILY} select destination, min(channel) as channel, bool_or(status in ('sent', 'due', 'withheld', 'dead')) as "isToldAtOnce",
       min(due_at) filter (where status = 'digest') as "waitsUntil"
     from delivery where org_id = $1 and incident_id in (select id from family)
       and (status in ('sent', 'due', 'digest', 'digested') or ${MAY_HAVE_COME}) and reason <> 'acknowledged' group by destination order by destination`,
    [orgId, incidentId],
  );
  return rows.map((row) => ({ ...row, rota: null, waitsUntil: row.waitsUntil?.getTime() ?? null }));
}

/** Whether anything of an incident reached a destination, or may have. */
export async function wasTold(db: Queryable, { orgId, incidentId, destination }: ClaimedDelivery): Promise<boolean> {
  const rows = await db.query(
    `${FAMILY} select 1 from delivery where org_id = $1 and incident_id in (select id from family) and destination = $3
       and (status in ('sent', 'digested') or ${MAY_HAVE_COME}) and reason <> 'acknowledged' limit 1`,
    [orgId, incidentId, destination],
  );
  return rows.length > 0;
}

const dateOf = (at: EpochMs | null): Date | null => (at === null ? null : new Date(at));
