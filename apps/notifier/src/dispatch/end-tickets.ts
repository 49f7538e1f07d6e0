import type { EpochMs } from '@app/domain';
import type { Queryable } from '@app/shared';

export interface FoldedIncidents {
  readonly orgId: number;
  /** Where they go on. */
  readonly outageId: number;
  readonly incidentIds: readonly number[];
}

/**
 * Tickets and pages of incidents that go on in an outage would stay open for ever: each is ended by a recovery of its own, which names the outage.
 * People do not get it.
 */
export async function endTickets(
  tx: Queryable,
  { orgId, outageId, incidentIds }: FoldedIncidents,
  hearingChannels: readonly string[],
  now: EpochMs,
): Promise<void> {
  if (incidentIds.length === 0 || hearingChannels.length === 0) return;
  const told = await tx.query<{ incidentId: number }>(
    `with told as (
       select distinct on (incident_id, destination) incident_id, destination, channel, notification, correlation_id from delivery
       where org_id = $1 and incident_id = any($2) and status in ('sent', 'due') and channel = any($3) and reason not in ('acknowledged', 'recovered')
       order by incident_id, destination, step desc
     )
     insert into delivery (org_id, incident_id, step, destination, channel, reason, status, created_at, due_at, notification, correlation_id)
     select $1, i.id, i.step + 1, t.destination, t.channel, 'recovered', 'due', $4, $4,
       t.notification || jsonb_build_object('reason', 'recovered', 'step', i.step + 1, 'ackUrl', null,
         'title', (t.notification->>'title') || ': goes on in incident ' || $5::text), t.correlation_id
     from told t join incident i on i.org_id = $1 and i.id = t.incident_id
     on conflict do nothing returning incident_id as "incidentId"`,
    [orgId, incidentIds, hearingChannels, new Date(now), outageId],
  );
  const ended = [...new Set(told.map(({ incidentId }) => incidentId))];
  await tx.query('update incident set step = step + 1 where org_id = $1 and id = any($2)', [orgId, ended]);
}
