import type { BackfillKind, Queryable } from '@app/shared';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Mist keeps hourly figures this long. */
const KEPT_MS = 14 * DAY_MS;
/** Figures are added to late: an hour is asked for when it ended this long ago. */
const SETTLED_MS = 15 * 60_000;

export interface PlanOf {
  readonly orgRowId: number;
  readonly backfillId: number;
  readonly from: number;
  readonly to: number;
  readonly now: number;
}

/** Whole hours of the window that Mist has and that change no more; null when there are none. */
function hoursOf({ from, to, now }: PlanOf): { readonly first: Date; readonly end: Date } | null {
  const first = Math.ceil(Math.max(from, now - KEPT_MS) / HOUR_MS) * HOUR_MS;
  // A window that begins inside an hour means that hour too.
  const begun = Math.floor(from / HOUR_MS) * HOUR_MS;
  const start = begun >= now - KEPT_MS ? begun : first;
  const end = Math.floor(Math.min(Math.ceil(to / HOUR_MS) * HOUR_MS, now - SETTLED_MS) / HOUR_MS) * HOUR_MS;
  return start < end ? { first: new Date(start), end: new Date(end) } : null;
}

const INSERT = 'insert into backfill_step (org_id, backfill_id, position, kind, circuit_id, from_at, to_at)';
const NEXT = '(select coalesce(max(position), 0) from backfill_step where org_id = $1 and backfill_id = $2)';

/** A day of events at a time, the newest first. */
async function planEvents(tx: Queryable, { orgRowId, backfillId, from, to }: PlanOf): Promise<void> {
  await tx.query(
    `${INSERT} select $1, $2, ${NEXT} + row_number() over (order by d.at desc), 'device-events', null, d.at, least(d.at + interval '1 day', $4)
     from generate_series($3::timestamptz, $4::timestamptz - interval '1 millisecond', interval '1 day') as d (at)`,
    [orgRowId, backfillId, new Date(from), new Date(to)],
  );
}

/** A circuit at a time, those first of which most is missing: one question brings all hours of the window. */
async function planHours(tx: Queryable, plan: PlanOf): Promise<void> {
  const hours = hoursOf(plan);
  if (hours === null) return;
  await tx.query(
    `${INSERT} select $1, $2, ${NEXT} + row_number() over (order by g.missing desc, g.id), 'wan-hours', g.id, $3, $4
     from (
       select c.id, extract(epoch from $4::timestamptz - $3::timestamptz) * 1000 - coalesce(h.covered, 0) as missing
       from circuit c
       join site s on s.org_id = c.org_id and s.id = c.site_id and s.removed_at is null
       left join (
         select circuit_id, sum(covered_ms) as covered from circuit_hour where org_id = $1 and hour >= $3 and hour < $4 group by circuit_id
       ) h on h.circuit_id = c.id
       where c.org_id = $1 and c.is_live and not c.disabled
     ) g where g.missing > 0`,
    [plan.orgRowId, plan.backfillId, hours.first, hours.end],
  );
}

/** Hours of scores that no poll has read, the newest first. */
async function planScores(tx: Queryable, kind: 'sle-wifi' | 'sle-wan', plan: PlanOf): Promise<void> {
  const hours = hoursOf(plan);
  if (hours === null) return;
  await tx.query(
    `${INSERT} select $1, $2, ${NEXT} + row_number() over (order by h.at desc), $5, null, h.at, h.at + interval '1 hour'
     from generate_series($3::timestamptz, $4::timestamptz - interval '1 hour', interval '1 hour') as h (at)
     where not exists (select 1 from poll_cycle c where c.org_id = $1 and c.kind = $5 and c.committed_at is not null and not c.is_backfill
         and c.observed_at >= h.at + interval '1 hour' and c.observed_at < h.at + interval '2 hours')
       and not exists (select 1 from backfill_step t where t.org_id = $1 and t.kind = $5 and t.from_at = h.at and t.stored_at is not null)`,
    [plan.orgRowId, plan.backfillId, hours.first, hours.end, kind],
  );
}

const PLANS: Readonly<Record<BackfillKind, (tx: Queryable, plan: PlanOf) => Promise<void>>> = {
  'device-events': planEvents,
  'wan-hours': planHours,
  'sle-wifi': (tx, plan) => planScores(tx, 'sle-wifi', plan),
  'sle-wan': (tx, plan) => planScores(tx, 'sle-wan', plan),
};

/** Writes the steps of a kind down, after those of the kinds before it. */
export const planKind = (tx: Queryable, kind: BackfillKind, plan: PlanOf): Promise<void> => PLANS[kind](tx, plan);
