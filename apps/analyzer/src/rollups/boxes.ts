import type { EpochMs, Span } from '@app/domain';
import { copyInstant, copyLiteral } from '@app/shared';

export type SpansByCircuit = ReadonlyMap<number, readonly Span[]>;

/** Circuits of which the same span is wanted. */
interface Box extends Span {
  readonly circuitIds: number[];
}

/** Spans of one circuit in a row, joined. Ascending. */
export function joinedSpans(spans: readonly Span[]): Span[] {
  const joined: { from: EpochMs; to: EpochMs }[] = [];
  for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else joined.push({ from, to });
  }
  return joined;
}

/** More boxes than these are looked up one by one. */
const MAX_BOXES = 24;

/**
 * A query for the rows of circuits in spans of theirs. Circuits mostly share their spans; then each span is one scan for all its circuits, at which no
 * planner can go far wrong, even one without statistics. `select` takes conditions on circuit and time.
 */
export function boxedSelect(
  spansOf: SpansByCircuit,
  select: (circuit: string, time: (column: string) => string) => string,
): string {
  const boxes = new Map<string, Box>();
  let [first, last] = [Infinity, -Infinity];
  for (const [circuitId, spans] of spansOf) {
    for (const { from, to } of joinedSpans(spans)) {
      const key = `${from} ${to}`;
      const box = boxes.get(key) ?? { circuitIds: [], from, to };
      box.circuitIds.push(circuitId);
      boxes.set(key, box);
      first = Math.min(first, from);
      last = Math.max(last, to);
    }
  }
  const between = (column: string, lower: string, upper: string): string => `${column} >= ${lower} and ${column} < ${upper}`;
  if (boxes.size <= MAX_BOXES)
    return [...boxes.values()]
      .map(({ circuitIds, from, to }) =>
        select(`= any(${copyLiteral(circuitIds, 'int')})`, (column) => between(column, copyInstant(from), copyInstant(to))),
      )
      .map((query) => `(${query})`)
      .join(' union all ');
  const rows = [...boxes.values()].flatMap(({ circuitIds, from, to }) => circuitIds.map((id) => ({ id, from, to })));
  const ms = (of: (row: (typeof rows)[number]) => number): string => copyLiteral(rows.map(of), 'bigint');
  const source = `unnest(${copyLiteral(
    rows.map(({ id }) => id),
    'int',
  )}, ${ms(({ from }) => from)}, ${ms(({ to }) => to)}) as box (circuit, lower, upper)`;
  const inner = select(
    '= box.circuit',
    // Constant bounds let the planner leave out partitions.
    (column) =>
      `${between(column, 'to_timestamp(box.lower / 1000.0)', 'to_timestamp(box.upper / 1000.0)')} and ${between(column, copyInstant(first), copyInstant(last))}`,
  );
  return `select boxed.* from ${source} cross join lateral (${inner}) boxed`;
}

/** Things with spans, by their circuit. */
export function spansByCircuit(items: readonly (Span & { readonly circuitId: number })[]): Map<number, Span[]> {
  const spans = new Map<number, Span[]>();
  for (const item of items) {
    const known = spans.get(item.circuitId);
    if (known === undefined) spans.set(item.circuitId, [item]);
    else known.push(item);
  }
  return spans;
}
