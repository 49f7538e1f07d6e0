import { DAY_MS, HOUR_MS, type EpochMs, type Span } from '@app/domain';
import type { Queryable } from '@app/shared';
import { epochMs, instant } from '../facts/sql-time.js';
import { numberArray } from './columns.js';

/** A circuit that has marks, and about how many days they hold. */
export interface MarkedCircuit {
  readonly id: number;
  readonly days: number;
}

/** Hours that have to be folded again, `[from, to)`, by circuit. */
export type MarkedSpans = ReadonlyMap<number, readonly Span[]>;

/** Days that hold marks no longer than this are believed; longer ones are held against the time of which there are hours. */
const FEW_DAYS = 3;

export const markedCircuits = (db: Queryable, orgId: number): Promise<MarkedCircuit[]> =>
  db.query<MarkedCircuit>(
    `with marked as (select circuit_id, sum(case when isfinite(from_hour) and isfinite(to_hour)
         then extract(epoch from to_hour - from_hour)::float8 / 86400 + 1 else 'infinity' end) as days
       from rollup_mark where org_id = $1 group by circuit_id)
     select circuit_id as id, case when days <= ${FEW_DAYS} then days else least(days,
       (select coalesce(extract(epoch from max(hour) - min(hour))::float8 / 86400, 0) + 2 from circuit_hour where org_id = $1)) end as days
     from marked order by circuit_id`,
    [orgId],
  );

interface MarkRow {
  readonly circuit_id: number;
  readonly from_ms: number;
  readonly to_ms: number;
}

const MARK = `circuit_id, ${epochMs('from_hour')} as from_ms, ${epochMs('to_hour')} as to_ms`;

/** The hours marked of these circuits. */
export const peekMarks = async (db: Queryable, orgId: number, circuitIds: readonly number[]): Promise<MarkedSpans> =>
  spansOf(
    db,
    orgId,
    await db.query<MarkRow>(`select ${MARK} from rollup_mark where org_id = $1 and circuit_id = any($2::int[])`, [
      orgId,
      numberArray(circuitIds),
    ]),
  );

/** Takes the marks of these circuits. First in its transaction: what is committed later keeps its own mark, and all the rest is seen. */
export const takeMarks = async (db: Queryable, orgId: number, circuitIds: readonly number[]): Promise<MarkedSpans> =>
  spansOf(
    db,
    orgId,
    await db.query<MarkRow>(`delete from rollup_mark where org_id = $1 and circuit_id = any($2::int[]) returning ${MARK}`, [
      orgId,
      numberArray(circuitIds),
    ]),
  );

/** Longer marks are looked at closely: most of a long time may have no hours. */
const WIDE_MS = 3 * DAY_MS;

async function spansOf(db: Queryable, orgId: number, rows: readonly MarkRow[]): Promise<MarkedSpans> {
  const isWide = ({ from_ms, to_ms }: MarkRow): boolean => to_ms - from_ms > WIDE_MS;
  const bounds = await boundsOf(db, orgId, [...new Set(rows.filter(isWide).map(({ circuit_id }) => circuit_id))]);
  const spans = new Map<number, Span[]>();
  for (const row of rows) {
    const bound = isWide(row) ? bounds.get(row.circuit_id) : EVER;
    if (bound === undefined) continue;
    const span = {
      from: Math.max(Math.round(row.from_ms), Number.isFinite(row.from_ms) ? bound.from : bound.fromHour),
      to: Math.min(Math.round(row.to_ms) + HOUR_MS, bound.to),
    };
    const list = spans.get(row.circuit_id);
    if (span.from >= span.to) continue;
    if (list === undefined) spans.set(row.circuit_id, [span]);
    else list.push(span);
  }
  return spans;
}

/** Time in which a circuit has hours or days. */
interface Bounds extends Span {
  /** First hour; what was stored before it was dropped with its hours, and is nothing that an attribute could change. */
  readonly fromHour: EpochMs;
}
const EVER: Bounds = { from: -Infinity, fromHour: -Infinity, to: Infinity };

/** Days without hours count too: their hours went to another circuit. */
async function boundsOf(db: Queryable, orgId: number, circuitIds: readonly number[]): Promise<Map<number, Bounds>> {
  if (circuitIds.length === 0) return new Map();
  const rows = await db.query<{
    id: number;
    first: number | null;
    last: number | null;
    first_day: number | null;
    last_day: number | null;
  }>(
    `select u.id, ${epochMs('h.first')} as first, ${epochMs('h.last')} as last, ${epochMs('d.first')} as first_day, ${epochMs('d.last')} as last_day
     from unnest($2::int[]) as u (id)
     cross join lateral (select min(hour) as first, max(hour) as last from circuit_hour where org_id = $1 and circuit_id = u.id) h
     cross join lateral (select min(start) as first, max(start) as last from circuit_day where org_id = $1 and circuit_id = u.id) d`,
    [orgId, numberArray(circuitIds)],
  );
  const bounds = new Map<number, Bounds>();
  for (const { id, first, last, first_day, last_day } of rows) {
    const starts = [first, first_day].filter((at) => at !== null).map(Math.round);
    const ends = [last === null ? null : last + HOUR_MS, last_day === null ? null : last_day + DAY_MS]
      .filter((at) => at !== null)
      .map(Math.round);
    if (starts.length === 0) continue;
    const from = Math.min(...starts);
    bounds.set(id, { from, fromHour: first === null ? from : Math.round(first), to: Math.max(...ends) });
  }
  return bounds;
}

/** Marks all hours of an org, or those in a span; returns of how many circuits. */
export async function markAll(db: Queryable, orgId: number, { from, to }: Span): Promise<number> {
  const rows = await db.query<{ count: number }>(
    `with marked as (insert into rollup_mark (org_id, circuit_id, from_hour, to_hour)
       select org_id, id, ${instant('$2::float8')}, ${instant('$3::float8')} from circuit where org_id = $1
       union select $1, circuit_id, ${instant('$2::float8')}, ${instant('$3::float8')} from circuit_month where org_id = $1 returning 1)
     select count(*)::int as count from marked`,
    [orgId, from, to],
  );
  return rows[0]?.count ?? 0;
}
