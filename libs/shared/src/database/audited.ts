import type { Queryable } from './database.js';

/** Who changes something, and when. */
export interface Change {
  readonly at: Date;
  /** As the audit log names them: `key:<id>`, `user:<address>`, `link:<address>`. */
  readonly actor: string;
}

export interface AuditEntry extends Change {
  readonly action: string;
  readonly subject: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** One line of the audit log; written in the transaction of what it tells. Without an org it concerns nobody's alone. */
export async function auditRow(tx: Queryable, orgId: number | null, entry: AuditEntry): Promise<void> {
  await tx.query('insert into audit (org_id, at, actor, action, subject, details) values ($1, $2, $3, $4, $5, $6)', [
    orgId,
    entry.at,
    entry.actor,
    entry.action,
    entry.subject,
    JSON.stringify(entry.details ?? {}),
  ]);
}

/** Many lines at once, each of an organization. */
export async function auditRows(tx: Queryable, entries: readonly (AuditEntry & { readonly orgId: number })[]): Promise<void> {
  const column = <T>(of: (entry: AuditEntry & { readonly orgId: number }) => T): T[] => entries.map(of);
  await tx.query(
    `insert into audit (org_id, at, actor, action, subject, details)
     select * from unnest($1::int[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::jsonb[])`,
    [
      column(({ orgId }) => orgId),
      column(({ at }) => at),
      column(({ actor }) => actor),
      column(({ action }) => action),
      column(({ subject }) => subject),
      column(({ details }) => JSON.stringify(details ?? {})),
    ],
  );
}

/** First key of the advisory locks under which one transaction at a time touches many incidents of an org. */
const INCIDENTS_LOCK = 7_340_031;

/** Held until the transaction ends: two that touched the same incidents in different orders would each wait for the other. */
export async function lockIncidents(tx: Queryable, orgId: number): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1, $2)', [INCIDENTS_LOCK, orgId]);
}

/** All that is open in an org is judged again: something else than alerts changed who may be told. */
export async function wakeOpenIncidents(tx: Queryable, orgId: number, at: Date): Promise<void> {
  await lockIncidents(tx, orgId);
  await tx.query(
    'update incident set due_at = least(coalesce(due_at, $2::timestamptz), $2::timestamptz) where org_id = $1 and resolved_at is null',
    [orgId, at],
  );
}
