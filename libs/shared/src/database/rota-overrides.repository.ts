import type { EpochMs, RotaOverride, Span } from '@app/domain';
import { auditRow, type Change } from './audited.js';
import type { Database, Queryable, Row } from './database.js';

/** Somebody takes a stretch of a rota for somebody else. */
export interface OverrideFields extends Span {
  readonly rota: string;
  readonly member: string;
  readonly reason: string | null;
}

export interface OverrideRow extends Row {
  readonly id: number;
  readonly rota: string;
  readonly member: string;
  readonly fromAt: Date;
  readonly toAt: Date;
  readonly reason: string | null;
  readonly enteredAt: Date;
  readonly enteredBy: string;
  readonly cancelledAt: Date | null;
}

/** Stores an override; it counts from the next notice on. Returns its id. */
export function addRotaOverride(db: Database, orgId: number, fields: OverrideFields, change: Change): Promise<number> {
  return db.transaction(async (tx) => {
    const [row] = await tx.query<{ id: number }>(
      `insert into rota_override (org_id, rota, member, from_at, to_at, reason, entered_at, entered_by)
       values ($1, $2, $3, $4, $5, $6, $7, $8) returning id`,
      [orgId, fields.rota, fields.member, new Date(fields.from), new Date(fields.to), fields.reason, change.at, change.actor],
    );
    const id = row?.id ?? 0;
    const subject = `rota-override:${String(id)}`;
    await auditRow(tx, orgId, { ...change, action: 'rota.override', subject, details: { ...fields } });
    return id;
  });
}

/** `false` = it was cancelled already, or there is none. */
export function cancelRotaOverride(db: Database, orgId: number, id: number, change: Change): Promise<boolean> {
  return db.transaction(async (tx) => {
    const rows = await tx.query(
      'update rota_override set cancelled_at = $3 where org_id = $1 and id = $2 and cancelled_at is null returning id',
      [orgId, id, change.at],
    );
    if (rows.length === 0) return false;
    await auditRow(tx, orgId, { ...change, action: 'rota.override-cancel', subject: `rota-override:${String(id)}` });
    return true;
  });
}

/** Overrides of a rota that touch a span, ascending. */
export function listRotaOverrides(db: Queryable, orgId: number, rota: string, span: Span): Promise<OverrideRow[]> {
  return db.query<OverrideRow>(
    `select id, rota, member, from_at as "fromAt", to_at as "toAt", reason, entered_at as "enteredAt", entered_by as "enteredBy",
       cancelled_at as "cancelledAt"
     from rota_override where org_id = $1 and rota = $2 and to_at > $3 and from_at < $4 and cancelled_at is null order by from_at, id`,
    [orgId, rota, new Date(span.from), new Date(span.to)],
  );
}

/** The same in the words of `turnAt`: of two entered at one instant the later row counts. */
export async function overridesAt(db: Queryable, orgId: number, rota: string, at: EpochMs): Promise<RotaOverride[]> {
  const rows = await listRotaOverrides(db, orgId, rota, { from: at, to: at + 1 });
  return rows
    .sort((a, b) => b.id - a.id)
    .map(({ member, fromAt, toAt, enteredAt }) => ({
      member,
      from: fromAt.getTime(),
      to: toAt.getTime(),
      enteredAt: enteredAt.getTime(),
    }));
}
