import type { Queryable } from './database.js';
import { prepared } from './prepared.js';

/** Which data an answer is made of. */
export interface DataPeriod {
  readonly from: Date | null;
  /** Not included. */
  readonly to: Date;
  /** Dated attributes hold from their date on. */
  readonly now: Date;
}

/**
 * A stored week or month begins that much before the part of it that is asked for, at most; so does the window a trend looks back to. In hours:
 * a day of the session's zone may have 23 or 25.
 */
const REACH = `${String(40 * 24)} hours`;

const REVISION = prepared(
  `select concat_ws('.',
       (select coalesce(sum(changes), 0) from data_change where org_id = $1 and day < $3 and ($2::timestamptz is null or day >= $2::timestamptz - interval '${REACH}')),
       (select coalesce(sum(changes), 0) from data_change where org_id = $1 and day is null and since <= $4)) as revision`,
);

/**
 * The state of everything an answer about a period is made of: equal texts, equal data. Read before the data, so that what changes meanwhile is
 * at worst told twice.
 */
export async function dataRevision(db: Queryable, orgId: number, { from, to, now }: DataPeriod): Promise<string> {
  const [row] = await db.query<{ revision: string }>(REVISION, [orgId, from, to, now]);
  return row?.revision ?? '0.0';
}

/** Whether a failover that began before an instant still goes on: how long it lasts changes by itself. */
export async function hasOpenFailover(db: Queryable, orgId: number, before: Date): Promise<boolean> {
  const [row] = await db.query<{ is_open: boolean }>(
    'select exists (select 1 from failover where org_id = $1 and ended_at is null and started_at < $2) as is_open',
    [orgId, before],
  );
  return row?.is_open ?? false;
}

/** What was dropped is missing from every answer about its days. */
export async function countDropped(db: Queryable, { from, to }: { from: number; to: number }): Promise<void> {
  await db.query(
    `select note_change(o.id, d.at) from org o, generate_series($1::timestamptz, $2::timestamptz - interval '24 hours', interval '24 hours') as d (at)`,
    [new Date(from), new Date(to)],
  );
}
