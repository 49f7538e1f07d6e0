import { createHash } from 'node:crypto';
import type { EpochMs } from '@app/domain';
import type { Queryable } from './database.js';

/** A delivery of Mist's webhook, as it waits to be taken. */
export interface InboxRow {
  readonly id: number;
  readonly orgId: number;
  readonly bodyHash: string;
  readonly body: Buffer;
  readonly receivedAt: EpochMs;
  readonly correlationId: string | null;
}

export interface StoredDelivery {
  readonly id: number;
  /** The same bytes came before. */
  readonly isRepeat: boolean;
  /** Nobody has taken it yet. */
  readonly isOpen: boolean;
}

/** Id of the job that takes a delivery: publishing it again while it waits does nothing. */
export const deliveryJobId = (orgId: number, id: number): string => `delivery-${String(orgId)}-${String(id)}`;

/** Keeps a delivery; the same bytes again are the same row, whose count of repeats grows. */
export async function storeDelivery(
  db: Queryable,
  delivery: { orgId: number; body: Buffer; receivedAt: EpochMs; correlationId: string },
): Promise<StoredDelivery> {
  const [row] = await db.query<{ id: number; repeats: number; state: string }>(
    `insert into inbox (org_id, body_hash, body, received_at, correlation_id) values ($1, $2, $3, $4, $5)
     on conflict (org_id, body_hash) do update set repeats = inbox.repeats + 1 returning id, repeats, state`,
    [
      delivery.orgId,
      createHash('sha256').update(delivery.body).digest(),
      delivery.body,
      new Date(delivery.receivedAt),
      delivery.correlationId,
    ],
  );
  if (row === undefined) throw new Error('The delivery was not stored.');
  return { id: row.id, isRepeat: row.repeats > 0, isOpen: row.state === 'received' };
}

/** A delivery that nobody has taken yet; `null` when somebody has. */
export async function findOpenDelivery(db: Queryable, orgId: number, id: number): Promise<InboxRow | null> {
  const [row] = await db.query<{ id: number; hash: Buffer; body: Buffer; received_at: Date; correlation_id: string | null }>(
    `select id, body_hash as hash, body, received_at, correlation_id from inbox where org_id = $1 and id = $2 and state = 'received'`,
    [orgId, id],
  );
  if (row === undefined) return null;
  return {
    id: row.id,
    orgId,
    bodyHash: row.hash.toString('hex'),
    body: row.body,
    receivedAt: row.received_at.getTime(),
    correlationId: row.correlation_id,
  };
}

/** What became of a delivery. */
export interface Taken {
  readonly state: 'processed' | 'ignored' | 'parked';
  readonly topic: string | null;
  readonly events: number;
  readonly setAside: number;
  readonly reason: string | null;
  readonly at: EpochMs;
}

/** Notes what became of a delivery; of one that was taken before nothing changes. */
export async function closeDelivery(db: Queryable, { orgId, id }: Pick<InboxRow, 'orgId' | 'id'>, taken: Taken): Promise<void> {
  await db.query(
    `update inbox set state = $3, topic = $4, events = $5, set_aside = $6, reason = $7, processed_at = $8
     where org_id = $1 and id = $2 and state = 'received'`,
    [orgId, id, taken.state, taken.topic, taken.events, taken.setAside, taken.reason, new Date(taken.at)],
  );
}

/** Counts an attempt that failed; returns how many there were. */
export async function noteFailedAttempt(
  db: Queryable,
  { orgId, id }: Pick<InboxRow, 'orgId' | 'id'>,
  reason: string,
): Promise<number> {
  const [row] = await db.query<{ attempts: number }>(
    'update inbox set attempts = attempts + 1, reason = $3 where org_id = $1 and id = $2 returning attempts',
    [orgId, id, reason],
  );
  return row?.attempts ?? 0;
}

/** Deliveries of all orgs that were received before an instant and wait still, the oldest first. */
export async function openDeliveries(
  db: Queryable,
  receivedBefore: EpochMs,
  limit: number,
): Promise<{ orgId: number; org: string; id: number }[]> {
  return db.query(
    `select i.org_id as "orgId", o.external_id as org, i.id from inbox i join org o on o.id = i.org_id
     where i.state = 'received' and i.received_at < $1 order by i.received_at, i.id limit $2`,
    [new Date(receivedBefore), limit],
  );
}
