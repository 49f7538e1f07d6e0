import { Inject, Injectable } from '@nestjs/common';
import { Database, replayDelivery, type Change, type ReplayOutcome } from '@app/shared';
import { ScopedRepository, type OrgScope } from '../access/org-scope.js';

export interface AttemptRow {
  readonly attempt: number;
  readonly at: string;
  readonly outcome: string;
  readonly answer: string | null;
}

export interface DeliveryRow {
  readonly id: number;
  readonly incident_id: number;
  readonly step: number;
  readonly destination: string;
  readonly channel: string;
  readonly reason: string;
  readonly title: string | null;
  readonly status: string;
  readonly created_at: Date;
  readonly due_at: Date;
  readonly sent_at: Date | null;
  readonly message_id: string | null;
  readonly remote_id: string | null;
  readonly withheld_reason: string | null;
  readonly digest_id: number | null;
  readonly attempts: readonly AttemptRow[];
}

export interface DeliveryFilter {
  readonly status: string | null;
  readonly destination: string | null;
  readonly incident: number | null;
  readonly beforeId: number | null;
  readonly limit: number;
}

// The notification itself stays inside: it holds a link that acknowledges.
const SELECT = `select d.id, d.incident_id, d.step, d.destination, d.channel, d.reason, d.notification->>'title' as title, d.status, d.created_at,
    d.due_at, d.sent_at, d.message_id, d.remote_id, d.withheld_reason, d.digest_id, coalesce(t.attempts, '[]') as attempts
  from delivery d
  left join lateral (select jsonb_agg(jsonb_build_object('attempt', a.attempt, 'at', a.at, 'outcome', a.outcome, 'answer', a.answer)
      order by a.attempt) as attempts
    from delivery_attempt a where a.org_id = d.org_id and a.delivery_id = d.id) t on true
  where d.org_id = $1`;

const MAX_OF_INCIDENT = 500;

@Injectable()
export class DeliveriesRepository extends ScopedRepository {
  constructor(@Inject(Database) database: Database) {
    super(database);
  }

  list(scope: OrgScope, filter: DeliveryFilter): Promise<DeliveryRow[]> {
    return this.rows<DeliveryRow>(
      scope,
      `${SELECT} and ($2::text is null or d.status = $2) and ($3::text is null or d.destination = $3)
         and ($4::bigint is null or d.incident_id = $4) and ($5::bigint is null or d.id < $5) order by d.id desc limit $6`,
      [filter.status, filter.destination, filter.incident, filter.beforeId, filter.limit],
    );
  }

  /** The newest deliveries of an incident, oldest first. */
  async ofIncident(scope: OrgScope, incidentId: number): Promise<DeliveryRow[]> {
    const rows = await this.list(scope, {
      status: null,
      destination: null,
      incident: incidentId,
      beforeId: null,
      limit: MAX_OF_INCIDENT,
    });
    return rows.reverse();
  }

  find(scope: OrgScope, id: number): Promise<DeliveryRow | null> {
    return this.row<DeliveryRow>(scope, `${SELECT} and d.id = $2`, [id]);
  }

  /** A delivery that was given up is tried again, for a day from now; one that is due already stays so. */
  replay({ orgId }: OrgScope, id: number, change: Change): Promise<ReplayOutcome> {
    return replayDelivery(this.database, orgId, id, change);
  }
}
