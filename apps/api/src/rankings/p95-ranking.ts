import { Sketch } from '@app/domain';
import type { BoundRow, Member, MemberSketchRow } from './rankings.repository.js';

/** Members whose sketches are read at once. */
const BATCH = 200;
/** What the sketches of parts and of the whole may differ by, together. */
export const SKETCH_ERROR = 1.02;

export interface P95Row {
  readonly member: Member;
  readonly value: number;
  /** Samples behind the p95, and of the period. */
  readonly sketched: number;
  readonly count: number;
}

export interface P95Ranking {
  readonly rows: readonly P95Row[];
  readonly ranked: number;
  /** Members with samples of which none was ever sketched. */
  readonly withoutP95: number;
}

/**
 * The members with the highest p95 of a period of several parts. A p95 of the whole never exceeds the highest of its parts, so that sketches are
 * merged only for those whose parts reach the last rank. `bounds` descend.
 */
export async function rankP95(
  bounds: readonly BoundRow[],
  top: number,
  readSketches: (members: readonly Member[]) => Promise<readonly MemberSketchRow[]>,
): Promise<P95Ranking> {
  const known = bounds.filter(({ only, sketched, hours }) => only !== null || sketched > 0 || hours > 0);
  const found: P95Row[] = [];
  let looked = 0;
  for (let next = 0; next < known.length; next += BATCH) {
    const batch = known.slice(next, next + BATCH);
    const last = found.sort((a, b) => b.value - a.value)[top - 1];
    if (last !== undefined && (batch[0]?.bound ?? 0) * SKETCH_ERROR < last.value) break;
    looked += batch.length;
    found.push(...p95Of(batch, await readSketches(batch.filter(({ only }) => only === null).map(({ member }) => member))));
  }
  const rows = found.sort((a, b) => b.value - a.value);
  // Of hours at the edges only the sketches themselves tell whether there are any.
  const without = looked - found.length;
  return { rows, ranked: known.length - without, withoutP95: bounds.length - known.length + without };
}

function p95Of(batch: readonly BoundRow[], sketches: readonly MemberSketchRow[]): P95Row[] {
  const parts = new Map<Member, Buffer[]>();
  for (const { member, sketch } of sketches) {
    const list = parts.get(member);
    if (list === undefined) parts.set(member, [sketch]);
    else list.push(sketch);
  }
  return batch.flatMap(({ member, only, count, sketched }) => {
    if (only !== null) return [{ member, value: only, sketched: sketched > 0 ? sketched : count, count }];
    const sketch = Sketch.merged(parts.get(member) ?? []);
    const value = sketch.quantile(0.95);
    return value === null ? [] : [{ member, value, sketched: sketch.count, count }];
  });
}
