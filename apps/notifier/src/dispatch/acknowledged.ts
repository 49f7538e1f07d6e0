import type { EpochMs } from '@app/domain';
import type { Queryable } from '@app/shared';
import type { DueIncident } from './incidents.repository.js';

/**
 * Tickets and pagers hear once that somebody has taken an incident: one delivery to each of them that was told of it, as safe as any other. People do
 * not get it.
 */
export async function tellAcknowledgement(
  tx: Queryable,
  { orgId, id, acknowledgement, correlationId }: DueIncident,
  { hearingChannels }: { readonly hearingChannels: readonly string[] },
  now: EpochMs,
): Promise<void> {
  if (acknowledgement === null || hearingChannels.length === 0) return;
  const told = await tx.query(
    `with told as (
       select distinct on (destination) destination, channel, notification from delivery
       where org_id = $1 and incident_id = $2 and status in ('sent', 'due') and channel = any($3) and reason not in ('acknowledged', 'recovered')
       order by destination, step desc
     )
     insert into delivery (org_id, incident_id, step, destination, channel, reason, status, created_at, due_at, notification, correlation_id)
     select $1, $2, i.step + 1, t.destination, t.channel, 'acknowledged', 'due', $4, $4,
       t.notification || jsonb_build_object('reason', 'acknowledged', 'step', i.step + 1, 'title', t.notification->>'title' || ': taken by ' || $7::text), $6
     from told t join incident i on i.org_id = $1 and i.id = $2
     where not exists (select 1 from delivery d where d.org_id = $1 and d.incident_id = $2 and d.destination = t.destination
       and d.reason = 'acknowledged' and d.created_at >= $5)
     on conflict do nothing returning id`,
    [orgId, id, hearingChannels, new Date(now), new Date(acknowledgement.at), correlationId, acknowledgement.by],
  );
  if (told.length > 0) await tx.query('update incident set step = step + 1 where org_id = $1 and id = $2', [orgId, id]);
}
