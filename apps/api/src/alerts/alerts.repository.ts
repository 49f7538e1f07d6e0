import { Inject, Injectable } from '@nestjs/common';
import type { AlertState, AlertStatus, Severity } from '@app/domain';
import { auditRow, Database, type Queryable } from '@app/shared';
import { ScopedRepository, type OrgScope } from '../access/org-scope.js';

export interface AlertRow {
  readonly id: number;
  readonly rule: string;
  readonly subject: string;
  readonly site_id: string | null;
  readonly site_name: string | null;
  readonly circuit_id: string | null;
  readonly status: string;
  readonly severity: string;
  readonly since: Date;
  readonly fired_at: Date | null;
  readonly resolved_at: Date | null;
  readonly observed_at: Date;
  readonly suppressed_by: string | null;
  readonly state: AlertState;
  readonly noise_at: Date | null;
  readonly noise_by: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface AlertChangeRow {
  readonly seq: number;
  readonly at: Date;
  readonly from_status: string | null;
  readonly to_status: string;
  readonly severity: string;
  readonly reason: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface AlertNoteRow {
  readonly id: number;
  readonly at: Date;
  readonly author: string;
  readonly text: string;
}

export interface LockedAlert {
  readonly id: number;
  readonly rule: string;
  readonly status: string;
  readonly severity: Severity;
  readonly state: AlertState;
  readonly due_at: Date | null;
  readonly noise_at: Date | null;
}

export interface AlertWrite {
  readonly alert: LockedAlert;
  readonly state: AlertState;
  readonly status: AlertStatus;
  readonly severity: Severity;
  readonly reason: string;
  readonly at: Date;
  readonly dueAt: Date | null;
  readonly actor: string;
  readonly data: Readonly<Record<string, string>>;
}

export interface AlertFilter {
  readonly status: string | null;
  readonly severity: string | null;
  readonly rule: string | null;
  readonly site: string | null;
  readonly circuit: string | null;
  /** Begun at or after, and before. */
  readonly from: Date | null;
  readonly to: Date | null;
  readonly isNoise: boolean | null;
  readonly beforeId: number | null;
  readonly limit: number;
}

const SELECT = `select a.id, a.rule,
    case when c.id is not null then 'circuit:' || c.mac || ':' || c.port_id when s.id is not null then 'site:' || s.external_id else a.subject end as subject,
    s.external_id as site_id, s.name as site_name, c.mac || ':' || c.port_id as circuit_id, a.status, a.severity, a.since, a.fired_at,
    a.resolved_at, a.observed_at, a.suppressed_by, a.state, a.noise_at, a.noise_by, a.details
  from alert a
  left join site s on s.org_id = a.org_id and s.id = a.site_id
  left join circuit c on c.org_id = a.org_id and c.id = a.circuit_id
  where a.org_id = $1`;

const OPEN = `a.status <> 'resolved'`;
const FIRED = `a.status in ('firing', 'acknowledged')`;
/** What the values of the filter \`status\` ask; the others are statuses. */
const STATUS_FILTER = `($2::text is null or a.status = $2 or ($2 = 'open' and ${OPEN})
  or ($2 = 'suppressed' and ${FIRED} and a.suppressed_by is not null)
  or ($2 = 'flapping' and ${FIRED} and a.state->>'kind' = 'flapping'))`;

@Injectable()
export class AlertsRepository extends ScopedRepository {
  constructor(@Inject(Database) database: Database) {
    super(database);
  }

  list(scope: OrgScope, filter: AlertFilter): Promise<AlertRow[]> {
    return this.rows<AlertRow>(
      scope,
      `${SELECT} and ${STATUS_FILTER} and ($3::text is null or a.severity = $3)
         and ($4::text is null or a.rule = $4) and ($5::text is null or s.external_id = $5) and ($6::bigint is null or a.id < $6)
         and ($8::text is null or c.mac || ':' || c.port_id = $8) and ($9::timestamptz is null or a.since >= $9)
         and ($10::timestamptz is null or a.since < $10) and ($11::bool is null or (a.noise_at is not null) = $11)
       order by a.id desc limit $7`,
      [
        filter.status,
        filter.severity,
        filter.rule,
        filter.site,
        filter.beforeId,
        filter.limit,
        filter.circuit,
        filter.from,
        filter.to,
        filter.isNoise,
      ],
    );
  }

  find(scope: OrgScope, id: number): Promise<AlertRow | null> {
    return this.row<AlertRow>(scope, `${SELECT} and a.id = $2`, [id]);
  }

  changes(scope: OrgScope, id: number): Promise<AlertChangeRow[]> {
    return this.rows<AlertChangeRow>(
      scope,
      'select seq, at, from_status, to_status, severity, reason, data from alert_change where org_id = $1 and alert_id = $2 order by seq',
      [id],
    );
  }

  /** Runs `work` with the alert's row locked: the analyzer may move it at the same moment. */
  locked<T>(scope: OrgScope, id: number, work: (tx: Queryable, alert: LockedAlert | null) => Promise<T>): Promise<T> {
    return this.database.transaction(async (tx) => {
      const [alert] = await tx.query<LockedAlert>(
        'select id, rule, status, severity, state, due_at, noise_at from alert where org_id = $1 and id = $2 for update',
        [scope.orgId, id],
      );
      return work(tx, alert ?? null);
    });
  }

  /** Writes what a decision changed: the alert, its history, and the notice of it for the notifier. */
  async write(tx: Queryable, scope: OrgScope, change: AlertWrite): Promise<void> {
    await tx.query(
      `update alert set state = $3, status = $4, severity = $5, due_at = $6, resolved_at = case when $4 = 'resolved' then $7::timestamptz end
       where org_id = $1 and id = $2`,
      [scope.orgId, change.alert.id, JSON.stringify(change.state), change.status, change.severity, change.dueAt, change.at],
    );
    await tx.query(
      `with next as (select coalesce(max(seq), 0) + 1 as seq from alert_change where org_id = $1 and alert_id = $2),
            kept as (insert into alert_change (org_id, alert_id, seq, at, from_status, to_status, severity, reason, data)
                       select $1, $2, seq, $3, $4, $5, $6, $7, $8 from next returning seq)
       insert into outbox (org_id, alert_id, seq, at) select $1, $2, seq, $3 from kept`,
      [
        scope.orgId,
        change.alert.id,
        change.at,
        change.alert.status,
        change.status,
        change.severity,
        change.reason,
        JSON.stringify(change.data),
      ],
    );
    await auditRow(tx, scope.orgId, {
      at: change.at,
      actor: change.actor,
      action: `alert.${change.reason}`,
      subject: `alert:${String(change.alert.id)}`,
      details: change.data,
    });
  }

  notes(scope: OrgScope, id: number): Promise<AlertNoteRow[]> {
    return this.rows<AlertNoteRow>(
      scope,
      'select id, at, author, text from alert_note where org_id = $1 and alert_id = $2 order by id',
      [id],
    );
  }

  /** The incidents an alert is or was in. */
  async incidentIds(scope: OrgScope, id: number): Promise<number[]> {
    const rows = await this.rows<{ id: number }>(
      scope,
      'select incident_id as id from incident_alert where org_id = $1 and alert_id = $2 order by incident_id',
      [id],
    );
    return rows.map((row) => row.id);
  }
}
