import type { AlertState, AlertStatus, AlertStory, DeliveryStory, IncidentStory, Severity } from '@app/domain';
import type { Queryable, Row } from './database.js';

interface AlertRow extends Row {
  readonly id: number;
  readonly rule: string;
  readonly about: string;
  readonly status: AlertStatus;
  readonly severity: Severity;
  readonly state: AlertState;
  readonly suppressedBy: string | null;
  readonly noiseAt: Date | null;
  readonly noiseBy: string | null;
}

interface IncidentRow extends Row {
  readonly id: number;
  readonly title: string;
  readonly openedAt: Date;
  readonly joinedAt: Date;
  readonly toldAt: Date | null;
  readonly members: number;
}

/** Behind a fence an alert of one's own may be in an incident that is not. */
interface HiddenRow extends Row {
  readonly id: null;
}

interface DeliveryRow extends Row, Omit<DeliveryStory, 'createdAt' | 'attempts'> {
  readonly incidentId: number;
  readonly createdAt: Date;
  readonly attempts: readonly { readonly at: string; readonly outcome: string; readonly answer: string | null }[];
}

/** Epoch milliseconds of a column. */
const msOf = (column: string): string => `round(extract(epoch from ${column}) * 1000)::float8`;

/** Everything that is stored about an alert and what became of it; `null` = there is no such alert. */
export async function loadAlertStory(db: Queryable, orgId: number, alertId: number): Promise<AlertStory | null> {
  const [row] = await db.query<AlertRow>(
    `select a.id, a.rule, coalesce('circuit ' || c.mac || ':' || c.port_id || ' of ' || coalesce(s.name, s.external_id),
         'site ' || coalesce(s.name, s.external_id), 'the organization') as about,
       a.status, a.severity, a.state, a.suppressed_by as "suppressedBy", a.noise_at as "noiseAt", a.noise_by as "noiseBy"
     from alert a left join site s on s.org_id = a.org_id and s.id = a.site_id left join circuit c on c.org_id = a.org_id and c.id = a.circuit_id
     where a.org_id = $1 and a.id = $2`,
    [orgId, alertId],
  );
  if (row === undefined) return null;
  const { noiseAt, noiseBy, ...alert } = row;
  const changes = await db.query<AlertStory['changes'][number]>(
    `select ${msOf('at')} as at, to_status as "to", severity, reason, data from alert_change where org_id = $1 and alert_id = $2 order by seq`,
    [orgId, alertId],
  );
  const notes = await db.query<AlertStory['notes'][number]>(
    `select ${msOf('at')} as at, author, text from alert_note where org_id = $1 and alert_id = $2 order by id`,
    [orgId, alertId],
  );
  return {
    alert,
    changes,
    ...(await incidentsOf(db, orgId, alertId)),
    notes,
    noise: noiseAt === null || noiseBy === null ? null : { at: noiseAt.getTime(), by: noiseBy },
  };
}

async function incidentsOf(
  db: Queryable,
  orgId: number,
  alertId: number,
): Promise<Pick<AlertStory, 'incidents' | 'hiddenIncidents'>> {
  const rows = await db.query<IncidentRow | HiddenRow>(
    `select i.id, i.title, i.opened_at as "openedAt", ia.joined_at as "joinedAt", ia.told_at as "toldAt",
       (select count(*) from incident_alert m where m.org_id = i.org_id and m.incident_id = i.id) as members
     from incident_alert ia left join incident i on i.org_id = ia.org_id and i.id = ia.incident_id
     where ia.org_id = $1 and ia.alert_id = $2 order by i.id`,
    [orgId, alertId],
  );
  const seen = rows.filter((row): row is IncidentRow => row.id !== null);
  const stories: IncidentStory[] = [];
  for (const { openedAt, joinedAt, toldAt, ...row } of seen)
    stories.push({
      ...row,
      openedAt: openedAt.getTime(),
      joinedAt: joinedAt.getTime(),
      toldAt: toldAt?.getTime() ?? null,
      decisions: await decisionsOf(db, orgId, row.id),
      deliveries: await deliveriesOf(db, orgId, row.id),
    });
  return { incidents: stories, hiddenIncidents: rows.length - seen.length };
}

async function decisionsOf(db: Queryable, orgId: number, incidentId: number): Promise<IncidentStory['decisions']> {
  const rows = await db.query<IncidentStory['decisions'][number]>(
    `select ${msOf('at')} as at, reason, detail from incident_decision where org_id = $1 and incident_id = $2 order by seq`,
    [orgId, incidentId],
  );
  return rows;
}

/** More deliveries of one incident are no story any more. */
const MOST_DELIVERIES = 1_000;

async function deliveriesOf(db: Queryable, orgId: number, incidentId: number): Promise<DeliveryStory[]> {
  const rows = await db.query<DeliveryRow>(
    `select d.created_at as "createdAt", d.destination, d.reason, d.status, d.withheld_reason as "withheldReason", coalesce(t.attempts, '[]') as attempts
     from (select * from delivery where org_id = $1 and incident_id = $2 order by id desc limit ${String(MOST_DELIVERIES)}) d
     left join lateral (select jsonb_agg(jsonb_build_object('at', a.at, 'outcome', a.outcome, 'answer', a.answer) order by a.attempt) as attempts
       from delivery_attempt a where a.org_id = d.org_id and a.delivery_id = d.id) t on true
     order by d.id`,
    [orgId, incidentId],
  );
  return rows.map(({ createdAt, attempts, destination, reason, status, withheldReason }) => ({
    createdAt: createdAt.getTime(),
    destination,
    reason,
    status,
    withheldReason,
    attempts: attempts.map((attempt) => ({ ...attempt, at: Date.parse(attempt.at) })),
  }));
}
