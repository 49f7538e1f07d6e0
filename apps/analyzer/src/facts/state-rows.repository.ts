import type { EpochMs, StateInterval } from '@app/domain';
import type { Copying } from '@app/shared';
import { numberArray } from './sql-arrays.js';
import { instant } from './sql-time.js';
import { copiedItems } from './work-items.js';

/** What is known of a circuit's state in `[from, to)`; it replaces what was stored there. */
export interface StateSpan {
  readonly circuitId: number;
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly intervals: readonly StateInterval[];
}

/** Stored intervals cut to outside the span, joined with the new ones where they meet. */
export function mergedIntervals(stored: readonly StateInterval[], { from, to, intervals }: StateSpan): StateInterval[] {
  const parts: StateInterval[] = [];
  for (const each of stored) {
    if (each.from < from) parts.push(each.to <= from ? each : { ...each, to: from });
    if (each.to > to) parts.push(each.from >= to ? each : { ...each, from: to });
  }
  for (const each of intervals) if (each.from < each.to) parts.push(each);
  if (parts.length > 1) parts.sort((a, b) => a.from - b.from);
  const merged: StateInterval[] = [];
  for (const each of parts) {
    const last = merged.at(-1);
    if (last?.to === each.from && last.state === each.state) merged[merged.length - 1] = { ...last, to: each.to };
    else merged.push(each);
  }
  return merged;
}

/** Writes the state intervals of spans of locked circuits. */
export async function storeStates(db: Copying, orgId: number, spans: readonly StateSpan[]): Promise<void> {
  const stored = await overlapping(db, orgId, spans);
  const after = new Map(stored);
  for (const span of spans) after.set(span.circuitId, mergedIntervals(after.get(span.circuitId) ?? [], span));
  const gone: { circuitId: number; from: EpochMs }[] = [];
  const fresh: (StateInterval & { circuitId: number })[] = [];
  for (const [circuitId, intervals] of after) {
    const before = new Map(stored.get(circuitId)?.map((each) => [each.from, each]));
    for (const each of intervals) {
      const same = before.get(each.from);
      before.delete(each.from);
      if (same?.to !== each.to || same.state !== each.state) fresh.push({ ...each, circuitId });
    }
    for (const from of before.keys()) gone.push({ circuitId, from });
  }
  if (gone.length > 0) {
    await db.query(
      `delete from circuit_state s using unnest($2::int[], $3::float8[]) as u (circuit, at) where s.org_id = $1 and s.circuit_id = u.circuit and s.from_at = ${instant('u.at')}`,
      [orgId, gone.map((row) => row.circuitId), gone.map((row) => row.from)],
    );
  }
  if (fresh.length > 0) {
    await db.query(
      `insert into circuit_state (org_id, circuit_id, from_at, to_at, state)
       select $1, u.circuit, ${instant('u.from_at')}, ${instant('u.to_at')}, u.state from unnest($2::int[], $3::float8[], $4::float8[], $5::text[]) as u (circuit, from_at, to_at, state)
       on conflict (org_id, circuit_id, from_at) do update set to_at = excluded.to_at, state = excluded.state`,
      [
        orgId,
        numberArray(fresh.map((row) => row.circuitId)),
        numberArray(fresh.map((row) => row.from)),
        numberArray(fresh.map((row) => row.to)),
        fresh.map((row) => row.state),
      ],
    );
  }
}

async function overlapping(db: Copying, orgId: number, spans: readonly StateSpan[]): Promise<Map<number, StateInterval[]>> {
  const byCircuit = new Map<number, StateInterval[]>();
  if (spans.length === 0) return byCircuit;
  await db.copyRows(
    `select i.i::int, s.from_at, s.to_at, s.state = 'up' from ${copiedItems(spans)} cross join lateral (
       select * from circuit_state where org_id = ${orgId} and circuit_id = i.circuit and from_at > ${instant('i.lower')} and from_at <= ${instant('i.upper')}
       union all (select * from circuit_state where org_id = ${orgId} and circuit_id = i.circuit and from_at <= ${instant('i.lower')} order by from_at desc limit 1)) s
     where s.to_at >= ${instant('i.lower')} order by i.i, s.from_at`,
    (row) => {
      const id = spans[row.int4() - 1]?.circuitId ?? 0;
      const interval: StateInterval = { from: row.instant(), to: row.instant(), state: row.bool() === true ? 'up' : 'down' };
      const known = byCircuit.get(id);
      if (known === undefined) byCircuit.set(id, [interval]);
      else if (interval.from > (known.at(-1)?.from ?? 0) || known.every(({ from }) => from !== interval.from))
        known.push(interval);
    },
  );
  return byCircuit;
}
