import type { Queryable } from './database.js';

/** What can be read again for a past window; also the order in which it is: events tell states, hours the bytes, scores come last. */
export const BACKFILL_KINDS = ['device-events', 'wan-hours', 'sle-wifi', 'sle-wan'] as const;
export type BackfillKind = (typeof BACKFILL_KINDS)[number];

export interface BackfillRequest {
  readonly from: Date;
  readonly to: Date;
  readonly kinds: readonly BackfillKind[];
}

/** How far a backfill has come. */
export interface BackfillProgress extends BackfillRequest {
  readonly id: number;
  readonly requestedAt: Date;
  readonly finishedAt: Date | null;
  readonly state: 'planned' | 'running' | 'waiting' | 'finished';
  /** Why it waits, and until when at least. */
  readonly waitingReason: string | null;
  readonly waitingUntil: Date | null;
  readonly steps: number;
  readonly stepsDone: number;
  /** Given up after several attempts, with the first reason. */
  readonly stepsFailed: number;
  readonly failure: string | null;
}

/** Id of the job that goes on with an org's backfills. One that still runs keeps its id taken, so the one that follows it bears the other of two. */
export const backfillJobId = (orgId: string, turn: 'a' | 'b' = 'a'): string =>
  `backfill.${Buffer.from(orgId).toString('base64url')}.${turn}`;

const HOUR_MS = 3_600_000;
/** Mist keeps hourly figures this long. */
const KEPT_MS = 14 * 24 * HOUR_MS;

/** What is wrong with a window; `null` when Mist can be asked for it. The oldest hour may pass while somebody types. */
export function faultOfWindow({ from, to }: { readonly from: Date; readonly to: Date }, now: number): string | null {
  const oldest = new Date(now - KEPT_MS);
  if (Number.isNaN(from.getTime())) return '"from" should be a time like 2026-03-01T00:00:00Z';
  if (Number.isNaN(to.getTime())) return '"to" should be a time like 2026-03-02T00:00:00Z';
  if (from >= to) return '"from" should be before "to"';
  // Of what begins now nothing has been.
  if (from.getTime() >= now) return '"from" should lie in the past';
  if (from.getTime() < oldest.getTime() - HOUR_MS)
    return `"from" should not be before ${oldest.toISOString()}: Mist keeps hourly data for 14 days`;
  return null;
}

/** Takes note of a backfill; the same one that is not finished yet is returned instead. */
export async function requestBackfill(db: Queryable, orgId: number, request: BackfillRequest, now: Date): Promise<number> {
  const kinds = BACKFILL_KINDS.filter((kind) => request.kinds.includes(kind));
  const to = request.to > now ? now : request.to;
  const values = [orgId, request.from, to, kinds];
  const rows = await db.query<{ id: number }>(
    `with same as (select id from backfill where org_id = $1 and from_at = $2 and to_at = $3 and kinds = $4::text[] and finished_at is null limit 1),
     fresh as (insert into backfill (org_id, from_at, to_at, kinds, requested_at) select $1, $2, $3, $4::text[], $5 where not exists (select 1 from same) returning id)
     select id from same union all select id from fresh`,
    [...values, now],
  );
  return rows[0]?.id ?? 0;
}

/** The newest backfills of an org, or the one asked for. */
export async function listBackfills(
  db: Queryable,
  orgId: number,
  { now, id = null, limit = 20 }: { readonly now: Date; readonly id?: number | null; readonly limit?: number },
): Promise<BackfillProgress[]> {
  return db.query<BackfillProgress & Record<string, unknown>>(
    `select b.id, b.from_at as "from", b.to_at as "to", b.kinds, b.requested_at as "requestedAt", b.finished_at as "finishedAt",
       case when b.finished_at is not null then 'finished' when b.waiting_until > $2 then 'waiting' when b.planned_at is null then 'planned' else 'running' end as state,
       case when b.finished_at is null and b.waiting_until > $2 then b.waiting_reason end as "waitingReason",
       case when b.finished_at is null and b.waiting_until > $2 then b.waiting_until end as "waitingUntil",
       s.steps, s.done as "stepsDone", s.failed as "stepsFailed", s.failure
     from backfill b cross join lateral (
       select count(*)::int as steps, count(stored_at)::int as done, (count(*) filter (where failure is not null and stored_at is null))::int as failed,
         min(failure) filter (where stored_at is null) as failure
       from backfill_step t where t.org_id = b.org_id and t.backfill_id = b.id) s
     where b.org_id = $1 and ($3::bigint is null or b.id = $3) order by b.id desc limit $4`,
    [orgId, now, id, limit],
  );
}
