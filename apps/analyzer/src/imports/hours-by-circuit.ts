import type { EpochMs } from '@app/domain';
import type { ObservedSpan } from './gaps.js';
import type { HourRows } from './hour-rows.js';
import type { PlaceKeys } from './places.js';

/** The rows of a circuit: one for each of its hours, in their order. */
export interface CircuitHours extends ObservedSpan {
  readonly indexes: readonly number[];
}

/** Rows by the circuit they belong to. Of several for one hour of a circuit the last counts, whatever port and site they name. */
export function hoursByCircuit(rows: HourRows, places: readonly PlaceKeys[]): CircuitHours[] {
  const circuits = new Map<number, number[]>();
  for (let index = 0; index < rows.length; index++) {
    const place = places[rows.place(index)];
    if (place?.takes(rows.hour(index)) !== true) continue;
    const known = circuits.get(place.circuitId);
    if (known === undefined) circuits.set(place.circuitId, [index]);
    else known.push(index);
  }
  return [...circuits].map(([circuitId, all]) => {
    const indexes = lastOfHours(all, (index) => rows.hour(index));
    return { circuitId, indexes, from: rows.hour(indexes[0] ?? 0), to: rows.hour(indexes.at(-1) ?? 0) };
  });
}

function lastOfHours(indexes: readonly number[], hourOf: (index: number) => EpochMs): readonly number[] {
  const isAscending = indexes.every((index, i) => i === 0 || hourOf(indexes[i - 1] ?? 0) < hourOf(index));
  if (isAscending) return indexes;
  return [...new Map(indexes.map((index) => [hourOf(index), index])).values()].sort((a, b) => hourOf(a) - hourOf(b));
}
