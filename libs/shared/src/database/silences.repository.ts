import type { AlertMatcher, EpochMs } from '@app/domain';
import { auditRow, wakeOpenIncidents, type Change } from './audited.js';
import type { Database, Queryable, Row } from './database.js';

/** What a silence says: who wants to hear nothing of what, from when to when, and why. */
export interface SilenceFields {
  readonly matcher: AlertMatcher;
  readonly reason: string;
  readonly owner: string;
  readonly from: EpochMs;
  readonly to: EpochMs;
}

export interface SilenceRow extends Row {
  readonly id: number;
  readonly matcher: AlertMatcher;
  readonly reason: string;
  readonly owner: string;
  readonly fromAt: Date;
  readonly toAt: Date;
  readonly createdAt: Date;
  readonly createdBy: string;
  /** When somebody ended it before its time. */
  readonly endedAt: Date | null;
  readonly endedBy: string | null;
}

/** A silence that holds at an instant. */
export interface ActiveSilence {
  readonly id: number;
  readonly matcher: AlertMatcher;
  readonly to: EpochMs;
}

const SELECT = `select id, matcher, reason, owner, from_at as "fromAt", to_at as "toAt", created_at as "createdAt", created_by as "createdBy",
    ended_at as "endedAt", ended_by as "endedBy" from silence`;

/** Stores a silence; notices that are on their way are held back too. Returns its id. */
export function addSilence(db: Database, orgId: number, fields: SilenceFields, change: Change): Promise<number> {
  return db.transaction(async (tx) => {
    const [row] = await tx.query<{ id: number }>(
      `insert into silence (org_id, matcher, reason, owner, from_at, to_at, created_at, created_by)
       values ($1, $2, $3, $4, $5, $6, $7, $8) returning id`,
      [
        orgId,
        JSON.stringify(fields.matcher),
        fields.reason,
        fields.owner,
        new Date(fields.from),
        new Date(fields.to),
        change.at,
        change.actor,
      ],
    );
    const id = row?.id ?? 0;
    await auditRow(tx, orgId, { ...change, action: 'silence.create', subject: `silence:${String(id)}`, details: { ...fields } });
    await wakeOpenIncidents(tx, orgId, change.at);
    return id;
  });
}

/** Ends a silence before its time: what is still true is told again. `false` = it was over already, or there is none. */
export function endSilence(db: Database, orgId: number, id: number, change: Change): Promise<boolean> {
  return db.transaction(async (tx) => {
    const ended = await tx.query(
      'update silence set ended_at = $3, ended_by = $4 where org_id = $1 and id = $2 and ended_at is null and to_at > $3 returning id',
      [orgId, id, change.at, change.actor],
    );
    if (ended.length === 0) return false;
    await auditRow(tx, orgId, { ...change, action: 'silence.end', subject: `silence:${String(id)}` });
    await wakeOpenIncidents(tx, orgId, change.at);
    return true;
  });
}

export async function findSilence(db: Queryable, orgId: number, id: number): Promise<SilenceRow | null> {
  const [row] = await db.query<SilenceRow>(`${SELECT} where org_id = $1 and id = $2`, [orgId, id]);
  return row ?? null;
}

/** Silences that end after `endsAfter`, by end and id, after a given one. */
export function listSilences(
  db: Queryable,
  orgId: number,
  filter: {
    readonly endsAfter: EpochMs;
    /** Those too that somebody ended. */
    readonly isWithEnded: boolean;
    readonly after: { at: EpochMs; id: number } | null;
    readonly limit: number;
  },
): Promise<SilenceRow[]> {
  return db.query<SilenceRow>(
    `${SELECT} where org_id = $1 and to_at > $2 and ($3 or ended_at is null) and ($4::timestamptz is null or (to_at, id) > ($4, $5))
     order by to_at, id limit $6`,
    [
      orgId,
      new Date(filter.endsAfter),
      filter.isWithEnded,
      filter.after === null ? null : new Date(filter.after.at),
      filter.after?.id ?? null,
      filter.limit,
    ],
  );
}

/** Silences that hold at an instant. */
export async function activeSilences(db: Queryable, orgId: number, at: EpochMs): Promise<ActiveSilence[]> {
  const rows = await db.query<{ id: number; matcher: AlertMatcher; to_at: Date }>(
    'select id, matcher, to_at from silence where org_id = $1 and to_at > $2 and from_at <= $2 and ended_at is null order by id',
    [orgId, new Date(at)],
  );
  return rows.map(({ id, matcher, to_at: to }) => ({ id, matcher, to: to.getTime() }));
}
