import type { EpochMs } from '@app/domain';
import type { Queryable } from '@app/shared';
import type { TicketState } from '../channels/channel.js';

/** A ticket of an incident that is open and that nobody has taken yet. */
export interface OpenTicket {
  readonly orgId: number;
  /** Of the delivery that opened it. */
  readonly deliveryId: number;
  readonly incidentId: number;
  readonly channel: string;
  readonly remoteId: string;
  /** As it was read last; `null` = it never was. */
  readonly before: TicketState | null;
}

export interface TicketClaim {
  /** Channels whose tickets can be read. */
  readonly channels: readonly string[];
  readonly now: EpochMs;
  /** Those read since then are left alone. */
  readonly notSince: EpochMs;
  readonly limit: number;
}

/** Takes tickets whose turn it is to be read, those that waited longest first; for this time nobody else gets them. */
export async function claimTickets(db: Queryable, { channels, now, notSince, limit }: TicketClaim): Promise<OpenTicket[]> {
  const rows = await db.query<Omit<OpenTicket, 'before'> & { assignee: string | null; isClosed: boolean | null }>(
    `with turn as (
       select t.org_id, t.id from incident i cross join lateral (
         select distinct on (destination, remote_id) org_id, id, remote_read_at from delivery d
         where d.org_id = i.org_id and d.incident_id = i.id and d.status = 'sent' and d.remote_id is not null and d.channel = any($1)
         order by destination, remote_id, step) t
       where i.resolved_at is null and i.acked_by is null and (t.remote_read_at is null or t.remote_read_at <= $3)
       order by t.remote_read_at nulls first, t.id limit $4
     )
     update delivery d set remote_read_at = $2 from turn where d.org_id = turn.org_id and d.id = turn.id
       and (d.remote_read_at is null or d.remote_read_at <= $3)
     returning d.org_id as "orgId", d.id as "deliveryId", d.incident_id as "incidentId", d.channel, d.remote_id as "remoteId",
       d.remote_assignee as assignee, d.remote_is_closed as "isClosed"`,
    [channels, new Date(now), new Date(notSince), limit],
  );
  return rows.map(({ assignee, isClosed, ...ticket }) => ({
    ...ticket,
    before: isClosed === null ? null : { assignee, isClosed },
  }));
}

export async function recordTicket(db: Queryable, { orgId, deliveryId }: OpenTicket, state: TicketState): Promise<void> {
  await db.query('update delivery set remote_assignee = $3, remote_is_closed = $4 where org_id = $1 and id = $2', [
    orgId,
    deliveryId,
    state.assignee,
    state.isClosed,
  ]);
}
