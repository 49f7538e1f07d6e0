import type { EpochMs } from '@app/domain';
import { auditRow, type Queryable } from '@app/shared';
import { logDecision } from '../dispatch/decisions.repository.js';
import { addDeliveries, type ClaimedDelivery } from '../dispatch/deliveries.repository.js';
import type { AddressBook } from '../dispatch/recipients.js';
import { deadLetterNotice, type DeadLetter } from './dead-letter.notice.js';

/**
 * A notice that its destination never took is itself news: it stands in the audit log, and those hear of it whom another channel reaches, once for an
 * incident and destination. News of that kind that is given up in turn is only written down, so it never goes round.
 */
export async function recordDeadLetter(
  tx: Queryable,
  letter: DeadLetter,
  { everybody }: Pick<AddressBook, 'everybody'>,
  now: EpochMs,
): Promise<void> {
  const { delivery } = letter;
  const { orgId, incidentId, step, destination } = delivery;
  await audit(tx, letter, now);
  if (!(await isWorthTelling(tx, delivery))) return;
  const others = await othersThan(tx, delivery, everybody);
  const told = others.length === 0 ? null : await openDeadLetter(tx, letter, now);
  if (told === null) return;
  await addDeliveries(
    tx,
    orgId,
    others.map((to) => ({
      ...to,
      rota: null,
      digestAt: null,
      notification: deadLetterNotice(letter, told, now),
      correlationId: delivery.correlationId,
    })),
    now,
  );
  const to = others.map((other) => other.destination);
  await logDecision(tx, { orgId, incidentId }, { reason: 'undelivered', detail: { notice: step, from: destination, to } }, now);
}

type Addresses = AddressBook['everybody'];

/**
 * Over other channels, since all of this one may be broken: those whom the incident concerns, whatever became of what they were told so far, else
 * everybody. Where there is no other channel, the other addresses of this one.
 */
async function othersThan(
  tx: Queryable,
  { orgId, incidentId, channel, destination }: ClaimedDelivery,
  everybody: Addresses,
): Promise<Addresses> {
  const elsewhere = everybody.filter((to) => to.channel !== channel);
  const concerned = await tx.query<{ destination: string }>(
    `select distinct destination from delivery where org_id = $1 and incident_id = $2 and channel <> $3`,
    [orgId, incidentId, channel],
  );
  const theirs = elsewhere.filter((to) => concerned.some((row) => row.destination === to.destination));
  if (theirs.length > 0) return theirs;
  return elsewhere.length > 0 ? elsewhere : everybody.filter((to) => to.destination !== destination);
}

/** A digest that holds nothing but such news is such news. */
async function isWorthTelling(tx: Queryable, { orgId, id, notification }: ClaimedDelivery): Promise<boolean> {
  if (notification.reason === 'undelivered') return false;
  if (notification.reason !== 'digest') return true;
  const [row] = await tx.query<{ isOther: boolean }>(
    `select exists (select 1 from delivery where org_id = $1 and digest_id = $2 and reason <> 'undelivered') as "isOther"`,
    [orgId, id],
  );
  return row?.isOther === true;
}

/** Like a digest it is an incident of its own that is over at once. Returns its id; `null` = it was told before. */
async function openDeadLetter(tx: Queryable, { delivery }: DeadLetter, now: EpochMs): Promise<number | null> {
  const { orgId, incidentId, destination, notification } = delivery;
  const [row] = await tx.query<{ id: number }>(
    `insert into incident (org_id, kind, group_key, title, severity, opened_at, resolved_at, notified_severity, notified_at, step)
     values ($1, 'dead-letter', $2, $3, $4, $5, $5, $4, $5, 1)
     on conflict (org_id, group_key) where kind = 'dead-letter' do nothing returning id`,
    [orgId, `dead-letter:${incidentId}:${destination}`, notification.title, notification.severity, new Date(now)],
  );
  return row?.id ?? null;
}

const audit = (tx: Queryable, { delivery, answer }: DeadLetter, now: EpochMs): Promise<void> =>
  auditRow(tx, delivery.orgId, {
    at: new Date(now),
    actor: 'notifier',
    action: 'delivery-dead',
    subject: `delivery:${delivery.id}`,
    details: {
      incidentId: delivery.incidentId,
      step: delivery.step,
      destination: delivery.destination,
      attempts: delivery.attempts + 1,
      reason: answer,
    },
  });
