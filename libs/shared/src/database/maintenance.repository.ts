import type { EpochMs, Span } from '@app/domain';
import { auditRow, wakeOpenIncidents, type Change } from './audited.js';
import type { Database, Queryable, Row } from './database.js';

export const MAINTENANCE_SCOPES = ['org', 'region', 'provider', 'site', 'circuit'] as const;
export type MaintenanceScope = (typeof MAINTENANCE_SCOPES)[number];

/** What a window of maintenance says. */
export interface MaintenanceFields {
  readonly name: string;
  readonly reason: string | null;
  readonly owner: string;
  readonly scope: MaintenanceScope;
  /** Name of the region or provider. */
  readonly region: string | null;
  readonly provider: string | null;
  /** Our keys. */
  readonly siteId: number | null;
  readonly circuitId: number | null;
  /** Of one that comes again: the first time. */
  readonly from: EpochMs;
  readonly to: EpochMs;
  /** RFC 5545, and the zone on whose clocks it comes again; both or neither. */
  readonly rrule: string | null;
  readonly timezone: string | null;
}

export interface MaintenanceRow extends Row {
  readonly id: number;
  readonly name: string;
  readonly reason: string | null;
  readonly owner: string;
  readonly scope: MaintenanceScope;
  /** What is covered, in the words of people; null for the whole organization. */
  readonly subject: string | null;
  readonly fromAt: Date;
  readonly toAt: Date;
  readonly rrule: string | null;
  readonly timezone: string | null;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly updatedAt: Date;
  readonly cancelledAt: Date | null;
}

const SELECT = `select m.id, m.name, m.reason, m.owner, m.scope, coalesce(m.region, m.provider, s.external_id, c.mac || ':' || c.port_id) as subject,
    m.from_at as "fromAt", m.to_at as "toAt", m.rrule, m.timezone, m.created_at as "createdAt", m.created_by as "createdBy", m.updated_at as "updatedAt",
    m.cancelled_at as "cancelledAt"
  from maintenance m left join site s on s.org_id = m.org_id and s.id = m.site_id left join circuit c on c.org_id = m.org_id and c.id = m.circuit_id`;

const COLUMNS = [
  'name',
  'reason',
  'owner',
  'scope',
  'region',
  'provider',
  'site_id',
  'circuit_id',
  'from_at',
  'to_at',
  'rrule',
  'timezone',
];
const valuesOf = (fields: MaintenanceFields): unknown[] => [
  fields.name,
  fields.reason,
  fields.owner,
  fields.scope,
  fields.region,
  fields.provider,
  fields.siteId,
  fields.circuitId,
  new Date(fields.from),
  new Date(fields.to),
  fields.rrule,
  fields.timezone,
];

export async function findMaintenance(db: Queryable, orgId: number, id: number): Promise<MaintenanceRow | null> {
  const [row] = await db.query<MaintenanceRow>(`${SELECT} where m.org_id = $1 and m.id = $2`, [orgId, id]);
  return row ?? null;
}

/** Windows that touch a span, by end and id, after a given one; those that come again with all that began before its end. */
export function listMaintenance(
  db: Queryable,
  orgId: number,
  filter: Span & {
    readonly isWithCancelled: boolean;
    readonly after: { at: EpochMs; id: number } | null;
    readonly limit: number;
  },
): Promise<MaintenanceRow[]> {
  return db.query<MaintenanceRow>(
    `${SELECT} where m.org_id = $1 and (m.to_at > $2 or m.rrule is not null) and m.from_at < $3 and ($4 or m.cancelled_at is null)
       and ($5::timestamptz is null or (m.to_at, m.id) > ($5, $6)) order by m.to_at, m.id limit $7`,
    [
      orgId,
      new Date(filter.from),
      new Date(filter.to),
      filter.isWithCancelled,
      filter.after === null ? null : new Date(filter.after.at),
      filter.after?.id ?? null,
      filter.limit,
    ],
  );
}

async function audited<T>(
  db: Database,
  orgId: number,
  change: Change & { action: string },
  work: (tx: Queryable) => Promise<T & { id: number }>,
): Promise<T & { id: number }> {
  return db.transaction(async (tx) => {
    const done = await work(tx);
    await auditRow(tx, orgId, { ...change, subject: `maintenance:${String(done.id)}` });
    await wakeOpenIncidents(tx, orgId, change.at);
    return done;
  });
}

/** Stores a window; it may lie in the past. Returns its id. */
export async function createMaintenance(db: Database, orgId: number, fields: MaintenanceFields, change: Change): Promise<number> {
  const { id } = await audited(db, orgId, { ...change, action: 'maintenance.create' }, async (tx) => {
    const [row] = await tx.query<{ id: number }>(
      `insert into maintenance (org_id, ${COLUMNS.join(', ')}, created_at, created_by, updated_at)
       values ($1, ${COLUMNS.map((_column, i) => `$${String(i + 4)}`).join(', ')}, $2, $3, $2) returning id`,
      [orgId, change.at, change.actor, ...valuesOf(fields)],
    );
    return { id: row?.id ?? 0 };
  });
  return id;
}

/** Replaces what a window says; one that was cancelled comes to life again. */
export async function updateMaintenance(
  db: Database,
  orgId: number,
  { id, ...fields }: MaintenanceFields & { readonly id: number },
  change: Change,
): Promise<void> {
  await audited(db, orgId, { ...change, action: 'maintenance.update' }, async (tx) => {
    await tx.query(
      `update maintenance set updated_at = $3, cancelled_at = null, ${COLUMNS.map((column, i) => `${column} = $${String(i + 4)}`).join(', ')}
       where org_id = $1 and id = $2`,
      [orgId, id, change.at, ...valuesOf(fields)],
    );
    return { id };
  });
}

/** A cancelled window counts nowhere; it stays on record. */
export async function cancelMaintenance(db: Database, orgId: number, id: number, change: Change): Promise<void> {
  await audited(db, orgId, { ...change, action: 'maintenance.cancel' }, async (tx) => {
    await tx.query(
      'update maintenance set cancelled_at = $3, updated_at = $3 where org_id = $1 and id = $2 and cancelled_at is null',
      [orgId, id, change.at],
    );
    return { id };
  });
}
