import type { EpochMs, Span } from '@app/domain';
import type { Queryable } from '@app/shared';
import { epochMs, instant, msOf } from './sql-time.js';

interface Reading {
  readonly device_id: number;
  readonly at_ms: number;
  readonly connected: boolean;
}

/** Changes of connectivity inside the span, and the readings on both sides of it. Of two readings of one instant `connected` counts. */
const CHANGES = `
  with device as materialized (select unnest($2::int[]) as id), reading as (
    select d.id as device_id, s.at, bool_or(s.connected) as connected from device d
    join device_state s on s.org_id = $1 and s.device_id = d.id and s.at >= ${instant('$3::float8')} and s.at <= ${instant('$4::float8')} group by 1, 2
    union all
    select d.id, s.at, s.connected from device d cross join lateral (
      select at, connected from device_state where org_id = $1 and device_id = d.id and at < ${instant('$3::float8')} order by at desc, connected desc limit 1) s
    union all
    select d.id, s.at, s.connected from device d cross join lateral (
      select at, connected from device_state where org_id = $1 and device_id = d.id and at > ${instant('$4::float8')} and connected order by at limit 1) s
  ), change as (select device_id, at, connected, lag(connected, 1, true) over (partition by device_id order by at) as previous from reading)
  select device_id, ${epochMs('at')} as at_ms, connected from change where connected <> previous order by device_id, at`;

/** Spans in which these gateways were cut off from the cloud, as far as they reach into `span`. */
export async function cutOffsOf(
  db: Queryable,
  orgId: number,
  deviceIds: readonly number[],
  span: Span,
): Promise<Map<number, Span[]>> {
  const spans = new Map<number, { from: EpochMs; to: EpochMs }[]>();
  if (deviceIds.length === 0) return spans;
  for (const { device_id: id, at_ms, connected } of await db.query<Reading>(CHANGES, [orgId, deviceIds, span.from, span.to])) {
    const list = spans.get(id) ?? [];
    spans.set(id, list);
    const last = list.at(-1);
    if (!connected) list.push({ from: msOf(at_ms), to: Infinity });
    else if (last !== undefined) last.to = msOf(at_ms);
  }
  return spans;
}

/** Spans in which nobody read the org for longer than `maxGapMs`; before its first reading nothing is known to be blind. */
export async function blindSpells(db: Queryable, orgId: number, span: Span, maxGapMs: number): Promise<Span[]> {
  const rows = await db.query<{ at_ms: number }>(
    `select ${epochMs('at')} as at_ms from feed_read where org_id = $1 and at >= ${instant('$2::float8')} and at <= ${instant('$3::float8')}
     union all (select ${epochMs('at')} from feed_read where org_id = $1 and at < ${instant('$2::float8')} order by at desc limit 1)
     union all (select ${epochMs('at')} from feed_read where org_id = $1 and at > ${instant('$3::float8')} order by at limit 1)`,
    [orgId, span.from, span.to],
  );
  const reads = rows.map((row) => msOf(row.at_ms)).sort((a, b) => a - b);
  return reads.flatMap((at, i) => {
    const next = reads[i + 1] ?? Infinity;
    return next - at > maxGapMs ? [{ from: at + maxGapMs, to: next }] : [];
  });
}
