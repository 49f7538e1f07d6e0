import {
  statusOf,
  type AlertDetails,
  type AlertRuleId,
  type AlertState,
  type EpochMs,
  type Observation,
  type Severity,
} from '@app/domain';
import type { Queryable } from '@app/shared';
import type { AlertDraft, StoredAlert } from './alert-draft.js';

interface AlertRow {
  readonly id: number;
  readonly rule: AlertRuleId;
  readonly subject: string;
  readonly siteId: number | null;
  readonly circuitId: number | null;
  readonly state: AlertState;
  readonly severity: Severity;
  readonly since: Date;
  readonly firedAt: Date | null;
  readonly details: AlertDetails;
}

const COLUMNS = `a.id, a.rule, a.subject, a.site_id as "siteId", a.circuit_id as "circuitId", a.state, a.severity, a.since,
  a.fired_at as "firedAt", a.details`;

const toStored = ({ since, firedAt, ...row }: AlertRow): StoredAlert => ({
  ...row,
  since: since.getTime(),
  firedAt: firedAt?.getTime() ?? null,
});

/** Identity of what an alert is about inside its org. */
export const keyOf = ({ rule, subject }: { readonly rule: string; readonly subject: string }): string => `${rule} ${subject}`;

/**
 * Locks and reads the alerts these observations may move: the open ones, and for what is breached now also the newest that is over, which
 * remembers the flaps and what was seen. Always in one order, so that two writers cannot wait for each other. Each is looked up by its key: a join
 * goes by statistics, which a table does not have yet when a thousand alerts open at once.
 */
export async function lockAlerts(
  db: Queryable,
  orgId: number,
  observations: readonly Pick<Observation, 'rule' | 'subject' | 'breached'>[],
): Promise<Map<string, StoredAlert>> {
  const rows = await db.query<AlertRow>(
    `with k as (select rule, subject, bool_or(breached) as breached from unnest($2::text[], $3::text[], $4::bool[]) as k (rule, subject, breached)
       group by rule, subject)
     select ${COLUMNS} from alert a where a.org_id = $1 and a.id = any(array(
       select o.id from k cross join lateral (select id from alert x where x.org_id = $1 and x.rule = k.rule and x.subject = k.subject
         and x.status <> 'resolved' limit 1) o
       union all
       select l.id from k cross join lateral (select id from alert x where x.org_id = $1 and x.rule = k.rule and x.subject = k.subject
         order by x.id desc limit 1) l where k.breached))
     order by a.rule, a.subject, a.id for update of a`,
    [
      orgId,
      observations.map(({ rule }) => rule),
      observations.map(({ subject }) => subject),
      observations.map(({ breached }) => breached === true),
    ],
  );
  return new Map(rows.map((row) => [keyOf(row), toStored(row)]));
}

/** Locks and reads the alerts that time moves; those another sweep holds are left to it. */
export async function lockDueAlerts(db: Queryable, orgId: number, now: EpochMs, limit: number): Promise<StoredAlert[]> {
  const rows = await db.query<AlertRow>(
    `select ${COLUMNS} from alert a where a.org_id = $1 and a.due_at <= $2 order by a.due_at, a.id limit $3 for update skip locked`,
    [orgId, new Date(now), limit],
  );
  return rows.map(toStored);
}

/** Locks and reads the open alerts of sites that Mist no longer lists, and of their circuits; a circuit is where it stands now. */
export async function lockAlertsOfRemovedSites(db: Queryable, orgId: number, limit: number): Promise<StoredAlert[]> {
  const rows = await db.query<AlertRow>(
    `select ${COLUMNS} from alert a left join circuit c on c.org_id = a.org_id and c.id = a.circuit_id
     join site s on s.org_id = a.org_id and s.id = coalesce(c.site_id, a.site_id)
     where a.org_id = $1 and a.status <> 'resolved' and s.removed_at is not null
     order by a.rule, a.subject, a.id limit $2 for update of a skip locked`,
    [orgId, limit],
  );
  return rows.map(toStored);
}

/** Locks and reads the open alerts of rules that are not among these: switched off, or no more in the configuration. */
export async function lockAlertsOfOtherRules(
  db: Queryable,
  orgId: number,
  rules: readonly AlertRuleId[],
  limit: number,
): Promise<StoredAlert[]> {
  const rows = await db.query<AlertRow>(
    `select ${COLUMNS} from alert a where a.org_id = $1 and a.status <> 'resolved' and a.rule <> all($2)
     order by a.rule, a.subject, a.id limit $3 for update of a skip locked`,
    [orgId, rules, limit],
  );
  return rows.map(toStored);
}

/** What is the same for everything written together. */
export interface Writing {
  readonly orgId: number;
  readonly now: EpochMs;
  readonly correlationId: string | null;
}

/** Writes alerts, their changes and the outbox in bulk. Returns the drafts that lost a race: another process opened that alert first. */
export async function writeDrafts(
  db: Queryable,
  drafts: readonly AlertDraft[],
  writing: Writing,
): Promise<{ lost: AlertDraft[] }> {
  const { orgId } = writing;
  const known = drafts.filter((draft) => draft.id !== null);
  const fresh = drafts.filter((draft) => draft.id === null);
  await updateAlerts(db, orgId, known);
  const ids = await insertAlerts(db, orgId, fresh);
  const written = [
    ...known,
    ...fresh.flatMap((draft) => withId(draft, ids.get(freshKey(draft.rule, draft.subject, draft.since)))),
  ];
  await insertChanges(db, written, writing);
  return { lost: fresh.filter((draft) => !ids.has(freshKey(draft.rule, draft.subject, draft.since))) };
}

const freshKey = (rule: string, subject: string, since: EpochMs): string => `${rule} ${subject} ${since}`;

const withId = (draft: AlertDraft, id: number | undefined): AlertDraft[] => (id === undefined ? [] : [{ ...draft, id }]);

const iso = (at: EpochMs | null): string | null => (at === null ? null : new Date(at).toISOString());

const asJson = (drafts: readonly AlertDraft[]): string =>
  JSON.stringify(
    drafts.map((draft) => ({
      id: draft.id,
      rule: draft.rule,
      subject: draft.subject,
      site_id: draft.siteId,
      circuit_id: draft.circuitId,
      state: draft.state,
      status: statusOf(draft.state),
      severity: draft.severity,
      since: iso(draft.since),
      fired_at: iso(draft.firedAt),
      resolved_at: iso(draft.resolvedAt),
      due_at: iso(draft.dueAt),
      details: draft.details,
      observed_at: iso(draft.observedAt),
    })),
  );

const RECORD = `(id bigint, rule text, subject text, site_id integer, circuit_id integer, state jsonb, status text, severity text,
  since timestamptz, fired_at timestamptz, resolved_at timestamptz, due_at timestamptz, details jsonb, observed_at timestamptz)`;

async function updateAlerts(db: Queryable, orgId: number, drafts: readonly AlertDraft[]): Promise<void> {
  if (drafts.length === 0) return;
  await db.query(
    `update alert a set state = r.state, status = r.status, severity = r.severity, fired_at = r.fired_at, resolved_at = r.resolved_at,
       due_at = r.due_at, details = r.details, observed_at = r.observed_at
     from jsonb_to_recordset($2::jsonb) as r ${RECORD} where a.org_id = $1 and a.id = r.id`,
    [orgId, asJson(drafts)],
  );
}

async function insertAlerts(db: Queryable, orgId: number, drafts: readonly AlertDraft[]): Promise<Map<string, number>> {
  if (drafts.length === 0) return new Map();
  const rows = await db.query<{ id: number; rule: string; subject: string; since: Date }>(
    `insert into alert (org_id, rule, subject, site_id, circuit_id, state, status, severity, since, fired_at, resolved_at, due_at, details, observed_at)
     select $1, rule, subject, site_id, circuit_id, state, status, severity, since, fired_at, resolved_at, due_at, details, observed_at
     from jsonb_to_recordset($2::jsonb) as r ${RECORD} order by rule, subject, since
     on conflict (org_id, rule, subject) where status <> 'resolved' do nothing
     returning id, rule, subject, since`,
    [orgId, asJson(drafts)],
  );
  return new Map(rows.map((row) => [freshKey(row.rule, row.subject, row.since.getTime()), row.id]));
}

async function insertChanges(
  db: Queryable,
  drafts: readonly AlertDraft[],
  { orgId, now, correlationId }: Writing,
): Promise<void> {
  const changes = drafts.flatMap((draft) => draft.changes.map((change, i) => ({ alert_id: draft.id, nth: i + 1, ...change })));
  if (changes.length === 0) return;
  // The alerts are locked, so a new statement sees the newest number of each.
  await db.query(
    `with r as (
       select alert_id, nth + coalesce((select max(seq) from alert_change c where c.org_id = $1 and c.alert_id = r.alert_id), 0) as seq,
         "from", "to", severity, reason, data, "isTold"
       from jsonb_to_recordset($2::jsonb) as r (alert_id bigint, nth integer, "from" text, "to" text, severity text, reason text, data jsonb, "isTold" bool)
     ), changes as (
       insert into alert_change (org_id, alert_id, seq, at, from_status, to_status, severity, reason, data)
       select $1, alert_id, seq, $3, "from", "to", severity, reason, coalesce(data, '{}') from r
     )
     insert into outbox (org_id, alert_id, seq, at, correlation_id)
     select $1, alert_id, seq, $3, $4 from r where "isTold" order by alert_id, seq`,
    [orgId, JSON.stringify(changes), new Date(now), correlationId],
  );
}
