import { Inject, Injectable } from '@nestjs/common';
import {
  acknowledgeIncident,
  addNote,
  Database,
  type AcknowledgeOutcome,
  type AcknowledgeRequest,
  type Change,
  type NewNote,
} from '@app/shared';
import { ScopedRepository, type OrgScope } from '../access/org-scope.js';

export interface IncidentRow {
  readonly id: number;
  readonly kind: string;
  readonly group_key: string;
  readonly title: string;
  readonly severity: string;
  readonly opened_at: Date;
  readonly resolved_at: Date | null;
  readonly notified_at: Date | null;
  readonly notified_severity: string | null;
  readonly due_at: Date | null;
  readonly policy: string | null;
  readonly acked_by: string | null;
  readonly acked_at: Date | null;
  readonly ack_until: Date | null;
  readonly is_held: boolean;
  readonly alerts: number;
  readonly open_alerts: number;
}

export interface MemberRow {
  readonly alert_id: number;
  readonly rule: string;
  readonly site_id: string | null;
  readonly site_name: string | null;
  readonly circuit_id: string | null;
  readonly status: string;
  readonly severity: string;
  readonly since: Date;
  readonly joined_at: Date;
  readonly told_at: Date | null;
  readonly resolved_at: Date | null;
  readonly suppressed_by: string | null;
}

export interface DecisionRow {
  readonly seq: number;
  readonly at: Date;
  readonly reason: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface NoteRow {
  readonly id: number;
  readonly at: Date;
  readonly author: string;
  readonly text: string;
}

export interface IncidentFilter {
  readonly status: string | null;
  readonly severity: string | null;
  readonly site: string | null;
  readonly from: Date | null;
  readonly to: Date | null;
  readonly beforeId: number | null;
  readonly limit: number;
}

const SELECT = `select i.id, i.kind, i.group_key, i.title, i.severity, i.opened_at, i.resolved_at, i.notified_at, i.notified_severity, i.due_at,
    i.policy, i.acked_by, i.acked_at, i.ack_until, i.is_held, n.alerts, n.open_alerts
  from incident i
  cross join lateral (select count(*) as alerts, count(*) filter (where a.status <> 'resolved') as open_alerts
    from incident_alert ia join alert a on a.org_id = ia.org_id and a.id = ia.alert_id
    where ia.org_id = i.org_id and ia.incident_id = i.id) n
  where i.org_id = $1`;

/** An incident of thousands of members is shown by its worst; the list of alerts has them all. */
const MAX_MEMBERS = 500;

@Injectable()
export class IncidentsRepository extends ScopedRepository {
  constructor(@Inject(Database) database: Database) {
    super(database);
  }

  list(scope: OrgScope, filter: IncidentFilter): Promise<IncidentRow[]> {
    return this.rows<IncidentRow>(
      scope,
      `${SELECT} and i.kind = 'incident'
         and ($2::text is null or (($2 = 'resolved') = (i.resolved_at is not null) and ($2 <> 'acknowledged' or i.acked_by is not null)))
         and ($3::text is null or i.severity = $3) and ($4::timestamptz is null or i.opened_at >= $4)
         and ($5::timestamptz is null or i.opened_at < $5) and ($6::bigint is null or i.id < $6)
         and ($7::text is null or exists (select 1 from incident_alert ia join alert a on a.org_id = ia.org_id and a.id = ia.alert_id
           join site s on s.org_id = a.org_id and s.id = a.site_id
           where ia.org_id = i.org_id and ia.incident_id = i.id and s.external_id = $7))
       order by i.id desc limit $8`,
      [filter.status, filter.severity, filter.from, filter.to, filter.beforeId, filter.site, filter.limit],
    );
  }

  find(scope: OrgScope, id: number): Promise<IncidentRow | null> {
    return this.row<IncidentRow>(scope, `${SELECT} and i.id = $2`, [id]);
  }

  /** The alerts of an incident: what goes on first, the worst and oldest of them first. */
  members(scope: OrgScope, id: number): Promise<MemberRow[]> {
    return this.rows<MemberRow>(
      scope,
      `select ia.alert_id, a.rule, s.external_id as site_id, s.name as site_name, c.mac || ':' || c.port_id as circuit_id, a.status, a.severity,
         a.since, ia.joined_at, ia.told_at, a.resolved_at, a.suppressed_by
       from incident_alert ia join alert a on a.org_id = ia.org_id and a.id = ia.alert_id
       left join site s on s.org_id = a.org_id and s.id = a.site_id
       left join circuit c on c.org_id = a.org_id and c.id = a.circuit_id
       where ia.org_id = $1 and ia.incident_id = $2
       order by a.status = 'resolved', array_position(array['critical', 'major', 'warning'], a.severity) nulls last, a.since, a.id limit ${MAX_MEMBERS}`,
      [id],
    );
  }

  decisions(scope: OrgScope, id: number): Promise<DecisionRow[]> {
    return this.rows<DecisionRow>(
      scope,
      'select seq, at, reason, detail from incident_decision where org_id = $1 and incident_id = $2 order by seq',
      [id],
    );
  }

  notes(scope: OrgScope, id: number): Promise<NoteRow[]> {
    return this.rows<NoteRow>(
      scope,
      'select id, at, author, text from incident_note where org_id = $1 and incident_id = $2 order by id',
      [id],
    );
  }

  acknowledge(scope: OrgScope, request: AcknowledgeRequest, change: Change): Promise<AcknowledgeOutcome> {
    return acknowledgeIncident(this.database, scope.orgId, request, change);
  }

  /** Returns the note's id; `null` = there is no such incident. */
  addNote(scope: OrgScope, note: NewNote, change: Change): Promise<number | null> {
    return addNote(this.database, scope.orgId, note, change);
  }
}
