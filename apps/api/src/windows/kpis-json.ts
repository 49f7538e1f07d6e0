import { orNull } from '../http/answers.js';
import { availabilityPct, coveragePct, possibleMsOf, type Span } from '@app/domain';
import type { MemberKind } from '../rankings/period-source.js';
import { wholeHours } from '../series/plan.js';
import type { KpisRow } from './kpis.repository.js';

const MINUTE_MS = 60_000;

/** A circuit could be known in every closed hour of the period, several in the hours in which they belonged to the member. */
function possibleMs({ facts }: KpisRow, of: MemberKind, period: Span): number {
  const { from, to } = wholeHours(period);
  return of === 'circuits' ? Math.max(possibleMsOf(facts), to - from) : possibleMsOf(facts);
}

/** Figures of a member over the part of a period that is over, in the API's words. */
export function kpisJson(row: KpisRow, of: MemberKind, period: Span) {
  const quality = (metric: 'latency' | 'jitter' | 'loss') => ({
    avg: row[`${metric}_avg`],
    max: row[`${metric}_max`],
    count: row[`${metric}_count`],
  });
  return {
    circuits: row.circuits,
    facts: row.facts,
    covered_s: row.covered_ms / 1000,
    rx_bytes: row.rx_bytes,
    tx_bytes: row.tx_bytes,
    utilization_pct: { avg: row.util_avg, max: row.util_max, peak: row.util_peak },
    up_minutes: row.up_ms / MINUTE_MS,
    down_minutes: row.down_ms / MINUTE_MS,
    availability_pct: availabilityPct(row.up_ms, row.down_ms),
    coverage_pct: coveragePct(row.up_ms + row.down_ms, possibleMs(row, of, period)),
    flaps: row.flaps,
    latency_ms: quality('latency'),
    jitter_ms: quality('jitter'),
    loss_pct: quality('loss'),
  };
}

export const KPIS_EXAMPLE = {
  circuits: 2,
  facts: 336,
  covered_s: 1209600,
  rx_bytes: orNull(33750000000),
  tx_bytes: orNull(4500000000),
  utilization_pct: { avg: orNull(31.5), max: orNull(92.25), peak: orNull(98) },
  up_minutes: 20140,
  down_minutes: 20,
  availability_pct: orNull(99.9),
  coverage_pct: orNull(100),
  flaps: orNull(2),
  latency_ms: { avg: orNull(21.5), max: orNull(140), count: 4032 },
  jitter_ms: { avg: orNull(2), max: orNull(40), count: 4032 },
  loss_pct: { avg: orNull(0.01), max: orNull(4), count: 4032 },
};
