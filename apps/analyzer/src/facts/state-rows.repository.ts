import type { EpochMs, PortState, StateInterval } from '@app/domain';
import type { Queryable } from '@app/shared';
import { numberArray } from './sql-arrays.js';
import { epochMs, instant, msOf } from './sql-time.js';

/** What is known of a circuit's state in `[from, to)`; it replaces what was stored there. */
export interface StateSpan {
  readonly circuitId: number;
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly intervals: readonly StateInterval[];
}

interface StoredRow {
  readonly i: number;
  readonly from_ms: number;
  readonly to_ms: number;
  readonly state: PortState;
}

/** Stored intervals cut to outside the span, joined with the new ones where they meet. */
export function mergedIntervals(stored: readonly StateInterval[], { from, to, intervals }: StateSpan): StateInterval[] {
  const outside = stored.flatMap((each) => [
    { ...each, to: Math.min(each.to, from) },
    { ...each, from: Math.max(each.from, to) },
  ]);
  const merged: StateInterval[] = [];
  for (const each of [...outside, ...intervals].filter((part) => part.from < part.to).sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last?.to === each.from && last.state === each.state) merged[merged.length - 1] = { ...last, to: each.to };
    else merged.push(each);
  }
  return merged;
}

/** Writes the state intervals of spans of locked circuits. */
export async function storeStates(db: Queryable, orgId: number, spans: readonly StateSpan[]): Promise<void> {
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

async function overlapping(db: Queryable, orgId: number, spans: readonly StateSpan[]): Promise<Map<number, StateInterval[]>> {
  const rows = await db.query<StoredRow>(
    `select i.i, s.state, ${epochMs('s.from_at')} as from_ms, ${epochMs('s.to_at')} as to_ms
     from unnest($2::int[], $3::float8[], $4::float8[]) with ordinality as i (circuit, lower, upper, i) cross join lateral (
       select * from circuit_state where org_id = $1 and circuit_id = i.circuit and from_at > ${instant('i.lower')} and from_at <= ${instant('i.upper')}
       union all (select * from circuit_state where org_id = $1 and circuit_id = i.circuit and from_at <= ${instant('i.lower')} order by from_at desc limit 1)) s
     where s.to_at >= ${instant('i.lower')} order by i.i, s.from_at`,
    [
      orgId,
      ...[spans.map((span) => span.circuitId), spans.map((span) => span.from), spans.map((span) => span.to)].map(numberArray),
    ],
  );
  const byCircuit = new Map<number, Map<EpochMs, StateInterval>>();
  for (const { i, state, from_ms, to_ms } of rows) {
    const id = spans[i - 1]?.circuitId ?? 0;
    const known = byCircuit.get(id) ?? new Map<EpochMs, StateInterval>();
    byCircuit.set(id, known);
    known.set(msOf(from_ms), { from: msOf(from_ms), to: msOf(to_ms), state });
  }
  return new Map([...byCircuit].map(([id, known]) => [id, [...known.values()]]));
}
