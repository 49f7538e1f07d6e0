import { Inject, Injectable } from '@nestjs/common';
import type { HourFact, Span } from '@app/domain';
import { Database } from '@app/shared';
import { ScopedRepository, type OrgScope } from '../access/org-scope.js';

/** The busiest interval inside the hours of a point, bit/s; `null` where no difference of counters is known. */
export interface PeakBps {
  readonly rx: number | null;
  readonly tx: number | null;
}

const BITS = 8;
const MEGA = 1e6;

/** Megabits a second of what was moved over the covered time. */
export const mbpsOf = (bytes: number | null, coveredMs: number): number | null =>
  bytes === null || coveredMs <= 0 ? null : (bytes * BITS) / (coveredMs / 1000) / MEGA;

/** `mbpsOf` in SQL: the same steps in the same order, so that the last digit is the same too. */
export const mbpsSql = (bytes: string): string =>
  `case when covered_ms > 0 then ${bytes} * ${String(BITS)}::float8 / (covered_ms / 1000::float8) / ${String(MEGA)}::float8 end`;

const megabits = (bps: number | null): number | null => (bps === null ? null : bps / MEGA);

/** The same of a column of bits a second; a quotient too small for a double is an error in Postgres, and 0 here. */
export const megabitsSql = (bps: string): string =>
  `case when ${bps} < 1e-300 then ${bps} * 0 else ${bps} / ${String(MEGA)}::float8 end`;

/** Traffic of a circuit in Mbps: average over the covered time, and the busiest interval. */
export const trafficJson = (moved: { rxBytes: number | null; txBytes: number | null; coveredMs: number }, peak: PeakBps) => ({
  rx: { avg: mbpsOf(moved.rxBytes, moved.coveredMs), peak: megabits(peak.rx) },
  tx: { avg: mbpsOf(moved.txBytes, moved.coveredMs), peak: megabits(peak.tx) },
});

const highest = (values: readonly (number | null)[]): number | null =>
  values.reduce<number | null>((most, value) => (value === null || (most !== null && most >= value) ? most : value), null);

/** What the counters of a circuit did in some hours. */
export interface Counters {
  readonly peak: PeakBps;
  /** Whether one of them began anew. */
  readonly hasReset: boolean;
}

/** Counters of hours at hand. */
export const countersOf = (facts: readonly Pick<HourFact, 'peakRxBps' | 'peakTxBps' | 'counterReset'>[]): Counters => ({
  peak: { rx: highest(facts.map(({ peakRxBps }) => peakRxBps)), tx: highest(facts.map(({ peakTxBps }) => peakTxBps)) },
  hasReset: facts.some(({ counterReset }) => counterReset),
});

interface Counted {
  readonly kpis: { readonly span: Span };
  readonly counters: Counters | null;
}

/** Kept with the hours only: rollups do not need them, and a circuit's hours are one short walk of an index. */
@Injectable()
export class CircuitCounters extends ScopedRepository {
  constructor(@Inject(Database) database: Database) {
    super(database);
  }

  /** The same cells of a circuit, with the counters of those whose hours were not read. */
  async added<C extends Counted>(scope: OrgScope, circuitKey: number, cells: readonly C[]): Promise<C[]> {
    const without = cells.filter(({ counters }) => counters === null);
    if (without.length === 0) return [...cells];
    const counters = await this.of(
      scope,
      circuitKey,
      without.map(({ kpis }) => kpis.span),
    );
    const found = new Map(without.map((cell, i) => [cell, counters[i] ?? null]));
    return cells.map((cell) => ({ ...cell, counters: cell.counters ?? found.get(cell) ?? null }));
  }

  private async of(scope: OrgScope, circuitKey: number, spans: readonly Span[]): Promise<Counters[]> {
    const rows = await this.rows<{ rx: number | null; tx: number | null; reset: boolean | null }>(
      scope,
      `select p.rx, p.tx, p.reset from unnest($3::timestamptz[], $4::timestamptz[]) with ordinality as s (lower, upper, i)
       cross join lateral (select max(h.peak_rx_bps) as rx, max(h.peak_tx_bps) as tx, bool_or(h.counter_reset) as reset from circuit_hour h
         where h.org_id = $1 and h.circuit_id = $2 and h.hour >= s.lower and h.hour < s.upper) p order by s.i`,
      [circuitKey, spans.map(({ from }) => new Date(from)), spans.map(({ to }) => new Date(to))],
    );
    return rows.map(({ rx, tx, reset }) => ({ peak: { rx, tx }, hasReset: reset ?? false }));
  }
}
