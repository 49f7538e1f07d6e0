import { EMPTY_QUALITY, UNKNOWN_BANDWIDTH, type EpochMs, type HourFact } from '@app/domain';
import type { Queryable } from '@app/shared';
import type { BandwidthAt } from '../facts/bandwidth.repository.js';
import { storeFacts } from '../facts/fact-rows.repository.js';
import { epochMs, instant, msOf } from '../facts/sql-time.js';

/** First and last hour of a circuit in a file. */
export interface ObservedSpan {
  readonly circuitId: number;
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/**
 * The nearest stored hour of circuit `u.circuit` before an instant, with its site, as `b`. By key and not by the hour alone: a planner without
 * statistics would walk through the hours of all circuits. `$1` is the org. Names inside are no one else's: `at` could mean them by accident.
 */
export const nearestBefore = (at: string): string => `(
  select nearest.hour, nearest.site_id from (
    select stored.circuit_id, stored.hour, stored.site_id from circuit_hour stored
    where stored.org_id = $1 and (stored.circuit_id, stored.hour) < (u.circuit, ${at})
    order by stored.circuit_id desc, stored.hour desc limit 1) nearest where nearest.circuit_id = u.circuit) b`;

/** The nearest stored hour of circuit `u.circuit` at an instant or after it, as `n`. */
export const nearestFrom = (at: string): string => `(
  select nearest.hour from (
    select stored.circuit_id, stored.hour from circuit_hour stored
    where stored.org_id = $1 and (stored.circuit_id, stored.hour) >= (u.circuit, ${at})
    order by stored.circuit_id, stored.hour limit 1) nearest where nearest.circuit_id = u.circuit) n`;

interface MissingHour {
  readonly circuit_id: number;
  readonly site_id: number;
  readonly hour_ms: number;
}

/** Hours made in one go; a gap of years is filled in several. */
const PAGE = 10_000;

const unknownHour = (hour: EpochMs, bandwidthAt: BandwidthAt): HourFact => ({
  hour,
  rxBytes: null,
  txBytes: null,
  coveredMs: 0,
  peakRxBps: null,
  peakTxBps: null,
  utilizationPct: null,
  peakUtilizationPct: null,
  bandwidth: bandwidthAt(hour),
  upMs: 0,
  downMs: 0,
  flaps: null,
  latency: EMPTY_QUALITY,
  jitter: EMPTY_QUALITY,
  loss: EMPTY_QUALITY,
  counterReset: false,
});

/** Hours without a fact from the nearest stored hour before a span to the nearest after it; the circuit was still where it was last. */
const missingHours = (db: Queryable, orgId: number, spans: readonly ObservedSpan[]): Promise<MissingHour[]> =>
  db.query<MissingHour>(
    `select c.id as circuit_id, ${epochMs('m.hour')} as hour_ms, coalesce((select b.site_id from ${nearestBefore('m.hour')}), c.site_id) as site_id
     from unnest($2::int[], $3::float8[], $4::float8[]) as u (circuit, lower, upper)
     join circuit c on c.org_id = $1 and c.id = u.circuit
     left join lateral ${nearestBefore(instant('u.lower'))} on true left join lateral ${nearestFrom(instant('(u.upper + 1)'))} on true
     cross join lateral generate_series(coalesce(b.hour, ${instant('u.lower')}), coalesce(n.hour, ${instant('u.upper')}), interval '1 hour') as m (hour)
     where not exists (select 1 from circuit_hour x where x.org_id = $1 and x.circuit_id = c.id and x.hour = m.hour)
     limit ${String(PAGE)}`,
    [orgId, spans.map(({ circuitId }) => circuitId), spans.map(({ from }) => from), spans.map(({ to }) => to)],
  );

/** Every hour between the first and the last observation has a fact, though nothing is known of it. */
export async function fillGaps(
  db: Queryable,
  orgId: number,
  spans: readonly ObservedSpan[],
  bandwidths: ReadonlyMap<number, BandwidthAt>,
): Promise<void> {
  for (;;) {
    const missing = await missingHours(db, orgId, spans);
    const facts = missing.map(({ circuit_id, site_id, hour_ms }) => ({
      circuitId: circuit_id,
      siteId: site_id,
      fact: unknownHour(msOf(hour_ms), bandwidths.get(circuit_id) ?? (() => UNKNOWN_BANDWIDTH)),
    }));
    await storeFacts(db, orgId, 'samples', facts);
    if (missing.length < PAGE) return;
  }
}
