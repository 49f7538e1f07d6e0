import type { Span } from '@app/domain';
import { numbersLiteral } from '@app/shared';
import { instant } from './sql-time.js';

/** Stretches of hours as a set: `$2` circuits, `$3` and `$4` bounds in epoch ms; `i` is the place in the list, from 1. */
const ITEMS = 'unnest($2::int[], $3::float8[], $4::float8[]) with ordinality as i (circuit, lower, upper, i)';
/** Constant bounds let the planner leave out partitions that cannot matter. */
const inside = (alias: string): string =>
  `${alias}.at >= ${instant('i.lower')} and ${alias}.at < ${instant('i.upper')} and ${alias}.at >= ${instant('$5::float8')} and ${alias}.at < ${instant('$6::float8')}`;
/** Rows of the circuit of each item. Ordered inside, so that the planner looks each circuit up instead of reading all circuits of these hours. */
export const ofCircuit = (table: string, alias: string): string =>
  `${ITEMS} cross join lateral (select ${alias}.* from ${table} ${alias} where ${alias}.org_id = $1 and ${alias}.circuit_id = i.circuit and ${inside(alias)} order by ${alias}.at) ${alias}`;

/** The same set written out, for a COPY. */
export const copiedItems = (spans: readonly (Span & { readonly circuitId: number })[]): string =>
  `unnest(${numbersLiteral(
    spans.map(({ circuitId }) => circuitId),
    'int',
  )}, ${boundsLiterals(spans)}) with ordinality as i (circuit, lower, upper, i)`;

/** Starts and ends as two lists of epoch ms. */
export const boundsLiterals = (spans: readonly Span[]): string =>
  `${numbersLiteral(
    spans.map(({ from }) => from),
    'float8',
  )}, ${numbersLiteral(
    spans.map(({ to }) => to),
    'float8',
  )}`;

/** Condition on the time of a row of item `i`, with constant bounds as in `inside`. */
export function withinItem(alias: string, spans: readonly Span[], column = 'at'): string {
  const lower = spans.reduce((least, { from }) => Math.min(least, from), Infinity);
  const upper = spans.reduce((most, { to }) => Math.max(most, to), -Infinity);
  const at = (ms: number): string => instant(`'${ms}'::float8`);
  const time = `${alias}.${column}`;
  return `${time} >= ${instant('i.lower')} and ${time} < ${instant('i.upper')} and ${time} >= ${at(lower)} and ${time} < ${at(upper)}`;
}

/** Rows by their place in the list. */
export function groupedBy<R extends { readonly i: number }, T>(rows: readonly R[], make: (row: R) => T): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const row of rows) {
    const group = groups.get(row.i);
    if (group === undefined) groups.set(row.i, [make(row)]);
    else group.push(make(row));
  }
  return groups;
}
