import { DAY_MS, HOUR_MS, type EpochMs, type HourFact, type Span } from '@app/domain';
import type { Queryable } from '@app/shared';
import type { FactRow } from '../facts/fact-rows.repository.js';
import type { StateSpan } from '../facts/state-rows.repository.js';
import { epochMs, instant, msOf } from '../facts/sql-time.js';
import { droppedDays } from './arrivals.repository.js';

/** Retention keeps samples at least this long (a setting's smallest value): younger hours need no question. */
export const SURELY_KEPT_MS = 6 * DAY_MS;

interface KnownRow {
  readonly circuit: number;
  readonly hour: number;
  readonly covered_ms: number;
  readonly known_ms: number;
  readonly latency_count: number;
  readonly jitter_count: number;
  readonly loss_count: number;
}

const keyOf = (circuitId: number, hour: EpochMs): string => `${String(circuitId)} ${String(hour)}`;

/** Hours whose stored facts know more than can be made anew; empty almost always. */
export type GoneHours = ReadonlySet<string>;
const NONE: GoneHours = new Set();

/**
 * Hours that keep the facts and states they have: their own samples, or those just before or after them, were dropped, and what is left of them
 * tells less. `maxGapMs` is how far a neighbour reaches.
 */
export async function goneHours(
  db: Queryable,
  orgId: number,
  made: readonly FactRow[],
  { now, maxGapMs }: { readonly now: EpochMs; readonly maxGapMs: number },
): Promise<GoneHours> {
  const old = made.filter(({ fact }) => fact.hour < now - SURELY_KEPT_MS);
  if (old.length === 0) return NONE;
  const guarded = await guardedOf(db, old, Math.max(HOUR_MS, maxGapMs));
  return guarded.length === 0 ? NONE : poorerThanStored(db, orgId, guarded);
}

export const isGone = (gone: GoneHours, circuitId: number, hour: EpochMs): boolean => gone.has(keyOf(circuitId, hour));

/** Rows of hours that a dropped day, or its nearness, concerns. */
async function guardedOf(db: Queryable, rows: readonly FactRow[], reachMs: number): Promise<FactRow[]> {
  const hours = rows.map(({ fact }) => fact.hour);
  const first = hours.reduce((a, b) => Math.min(a, b), Infinity);
  const last = hours.reduce((a, b) => Math.max(a, b), -Infinity);
  const days = new Set(await droppedDays(db, first - reachMs - DAY_MS, last + reachMs + DAY_MS));
  if (days.size === 0) return [];
  const dayOf = (at: EpochMs): EpochMs => Math.floor(at / DAY_MS) * DAY_MS;
  const isNear = (hour: EpochMs): boolean => {
    for (let day = dayOf(hour - reachMs); day <= hour + HOUR_MS - 1 + reachMs; day += DAY_MS) if (days.has(day)) return true;
    return false;
  };
  return rows.filter(({ fact }) => isNear(fact.hour));
}

/** Those of the hours that are stored with more known than the new fact knows. */
async function poorerThanStored(db: Queryable, orgId: number, rows: readonly FactRow[]): Promise<Set<string>> {
  const stored = await db.query<KnownRow>(
    `select h.circuit_id as circuit, ${epochMs('h.hour')} as hour, h.covered_ms, h.up_ms + h.down_ms as known_ms, h.latency_count, h.jitter_count, h.loss_count
     from unnest($2::int[], $3::float8[]) as u (circuit, at) cross join lateral (
       select * from circuit_hour c where c.org_id = $1 and c.circuit_id = u.circuit and c.hour = ${instant('u.at')} limit 1) h`,
    [orgId, rows.map(({ circuitId }) => circuitId), rows.map(({ fact }) => fact.hour)],
  );
  const known = new Map(stored.map((row) => [keyOf(row.circuit, msOf(row.hour)), row]));
  const poorer = rows.filter(({ circuitId, fact }) => knowsLess(fact, known.get(keyOf(circuitId, fact.hour))));
  return new Set(poorer.map(({ circuitId, fact }) => keyOf(circuitId, fact.hour)));
}

const knowsLess = (fact: HourFact, stored: KnownRow | undefined): boolean =>
  stored !== undefined &&
  (fact.coveredMs < stored.covered_ms ||
    fact.upMs + fact.downMs < stored.known_ms ||
    fact.latency.count < stored.latency_count ||
    fact.jitter.count < stored.jitter_count ||
    fact.loss.count < stored.loss_count);

/** The stretches of a span that are left without the gone hours of its circuit. */
export function besideGone<T extends Span>(span: T, circuitId: number, gone: GoneHours): T[] {
  if (gone.size === 0) return [span];
  const kept: { from: EpochMs; to: EpochMs }[] = [];
  for (let hour = span.from; hour < span.to; hour += HOUR_MS) {
    if (isGone(gone, circuitId, hour)) continue;
    const last = kept.at(-1);
    if (last?.to === hour) last.to = hour + HOUR_MS;
    else kept.push({ from: hour, to: hour + HOUR_MS });
  }
  return kept.map((stretch) => ({ ...span, ...stretch }));
}

/** State spans without the gone hours, their intervals cut like them. */
export const statesBesideGone = (states: readonly StateSpan[], gone: GoneHours): StateSpan[] =>
  states.flatMap((span) =>
    besideGone(span, span.circuitId, gone).map((stretch) => ({
      ...stretch,
      intervals: span.intervals.flatMap((interval) => clipped(interval, stretch)),
    })),
  );

function clipped<T extends Span>(interval: T, { from, to }: Span): T[] {
  const cut = { ...interval, from: Math.max(interval.from, from), to: Math.min(interval.to, to) };
  return cut.from < cut.to ? [cut] : [];
}
