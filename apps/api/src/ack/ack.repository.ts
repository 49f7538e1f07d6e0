import { Inject, Injectable } from '@nestjs/common';
import { acknowledgeIncident, Database, type AckLinkClaim, type AcknowledgeOutcome, type Row } from '@app/shared';
import type { AckedIncident } from './ack.page.js';

interface IncidentRow extends AckedIncident, Row {}

/** Reads and writes for the holder of a signed link: the claim, not a key, says what may be seen. */
@Injectable()
export class AckRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  async incident({ orgId, incidentId }: AckLinkClaim): Promise<AckedIncident | null> {
    const [row] = await this.database.query<IncidentRow>(
      `select coalesce(o.name, o.external_id) as "orgName", i.title, i.severity, i.opened_at as "openedAt", i.resolved_at as "resolvedAt",
         i.acked_by as "ackedBy", i.acked_at as "ackedAt",
         (select count(*) from incident_alert ia join alert a on a.org_id = ia.org_id and a.id = ia.alert_id
           where ia.org_id = i.org_id and ia.incident_id = i.id and ia.moved_at is null and a.status <> 'resolved') as "openAlerts"
       from incident i join org o on o.id = i.org_id where i.org_id = $1 and i.id = $2 and i.kind = 'incident'`,
      [orgId, incidentId],
    );
    return row ?? null;
  }

  /** When this very link was used; `null` = never. */
  async usedAt({ orgId, incidentId, step, destination }: AckLinkClaim): Promise<Date | null> {
    const [row] = await this.database.query<{ used_at: Date }>(
      'select used_at from ack_link_use where org_id = $1 and incident_id = $2 and step = $3 and destination = $4',
      [orgId, incidentId, step, destination],
    );
    return row?.used_at ?? null;
  }

  /** Takes the incident as the destination of the link, and notes that the link was used. */
  async take(claim: AckLinkClaim, at: Date): Promise<AcknowledgeOutcome> {
    const { orgId, incidentId, destination } = claim;
    const request = { incidentId, by: destination, until: null, note: null };
    const outcome = await acknowledgeIncident(this.database, orgId, request, { at, actor: `link:${destination}` });
    // Not in one transaction: should this be lost, the link can be used again, and the same person taking it again changes nothing.
    if (outcome === 'acknowledged' || outcome === 'already') await this.markUsed(claim, at);
    return outcome;
  }

  private async markUsed({ orgId, incidentId, step, destination }: AckLinkClaim, at: Date): Promise<void> {
    await this.database.query(
      `insert into ack_link_use (org_id, incident_id, step, destination, used_at) values ($1, $2, $3, $4, $5) on conflict do nothing`,
      [orgId, incidentId, step, destination, at],
    );
  }
}
