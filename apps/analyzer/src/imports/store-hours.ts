import { HOUR_MS, UNKNOWN_BANDWIDTH, utilizationOf, type Bandwidth, type HourFact } from '@app/domain';
import type { Queryable, Transaction } from '@app/shared';
import { bandwidthsOf, type BandwidthAt } from '../facts/bandwidth.repository.js';
import { storeFacts, type FactRow } from '../facts/fact-rows.repository.js';
import { instant } from '../facts/sql-time.js';
import { fillGaps, type ObservedSpan } from './gaps.js';
import { prepareMonths } from './hour-partitions.js';
import { HOUR_COLUMNS, parseHour, type HourRow } from './hour-row.js';
import type { HourRows } from './hour-rows.js';
import { hoursByCircuit, type CircuitHours } from './hours-by-circuit.js';
import type { KindDefinition } from './kind.js';
import { appendHours, surroundingsOf, type Surroundings } from './new-hours.js';
import { PLACE_COLUMNS, resolvePlaces, type PlaceKeys, type PortPlace } from './places.js';

/**
 * Hours lie in partitions of months, so that many rows and days may be stored together: the answers to the dozen questions of each transaction wait
 * behind the rows that are read meanwhile.
 */
const MAX_ROWS = 30_000;
const MAX_DAYS = 400;

/** Peaks inside the hour and counter resets are nothing an import can know. */
function factOf(row: Omit<HourRow, keyof PortPlace>, bandwidth: Bandwidth): HourFact {
  return {
    hour: row.hour,
    rxBytes: row.rxBytes,
    txBytes: row.txBytes,
    coveredMs: row.coveredMs,
    peakRxBps: null,
    peakTxBps: null,
    utilizationPct: utilizationOf(row, bandwidth),
    peakUtilizationPct: null,
    bandwidth,
    upMs: row.upMs,
    downMs: row.downMs,
    flaps: row.flaps,
    latency: row.latency,
    jitter: row.jitter,
    loss: row.loss,
    counterReset: false,
  };
}

/** The time a circuit was observed in grows; whether it is live is none of an import's business. */
async function noteObserved(db: Queryable, orgId: number, spans: readonly ObservedSpan[]): Promise<void> {
  await db.query(
    `update circuit c set first_observed_at = least(c.first_observed_at, s.first), last_observed_at = greatest(c.last_observed_at, s.last),
       last_imported_at = greatest(c.last_imported_at, s.last), facts_until = greatest(c.facts_until, s.last + interval '1 hour')
     from (select u.circuit, ${instant('u.first')} as first, ${instant('u.last')} as last
           from unnest($2::int[], $3::float8[], $4::float8[]) as u (circuit, first, last)) s
     where c.org_id = $1 and c.id = s.circuit
       and (c.first_observed_at is null or c.last_imported_at is null or c.facts_until is null
         or c.first_observed_at > s.first or c.last_observed_at < s.last or c.last_imported_at < s.last)`,
    [orgId, spans.map(({ circuitId }) => circuitId), spans.map(({ from }) => from), spans.map(({ to }) => to)],
  );
}

const lock = (db: Queryable, orgId: number, circuitIds: readonly number[]): Promise<unknown> =>
  db.query('select 1 from circuit where org_id = $1 and id = any($2) order by id for update', [orgId, circuitIds]);

/** Rows with what is needed to make facts of them. */
interface KnownRows {
  readonly rows: HourRows;
  readonly places: readonly PlaceKeys[];
  readonly bandwidths: ReadonlyMap<number, BandwidthAt>;
}

/** Facts one after the other, so that those that are only written down need not all be there at once. */
function* factsOf(circuits: readonly CircuitHours[], { rows, places, bandwidths }: KnownRows): Generator<FactRow> {
  for (const { circuitId, indexes } of circuits) {
    const bandwidthAt = bandwidths.get(circuitId) ?? (() => UNKNOWN_BANDWIDTH);
    for (const index of indexes) {
      const [row, place] = [rows.at(index), places[rows.place(index)]];
      if (place !== undefined) yield { circuitId, siteId: place.siteKey, fact: factOf(row, bandwidthAt(row.hour)) };
    }
  }
}

/** Whether every hour from the nearest stored one before these hours to the nearest after them is among them. */
const isGapless = ({ indexes, from, to }: CircuitHours, { before, after }: Surroundings): boolean =>
  to - from === (indexes.length - 1) * HOUR_MS &&
  (before === null || before === from - HOUR_MS) &&
  (after === null || after === to + HOUR_MS);

/** Hours of circuits that have none there are appended; the others are compared with what is stored. Returns how many were new or changed anything. */
async function storeHours(tx: Transaction, orgId: number, circuits: readonly CircuitHours[], known: KnownRows): Promise<number> {
  const around = await surroundingsOf(tx, orgId, circuits);
  const isNew = ({ circuitId }: CircuitHours): boolean => around.get(circuitId)?.isEmpty === true;
  const [fresh, others] = [circuits.filter(isNew), circuits.filter((circuit) => !isNew(circuit))];
  const added = await appendHours(tx, orgId, factsOf(fresh, known));
  const compared = await storeFacts(tx, orgId, 'imported', [...factsOf(others, known)]);
  const withGaps = fresh.filter((circuit) => {
    const surroundings = around.get(circuit.circuitId);
    return surroundings === undefined || !isGapless(circuit, surroundings);
  });
  const open = compared > 0 ? [...withGaps, ...others] : withGaps;
  if (open.length > 0) await fillGaps(tx, orgId, open, known.bandwidths);
  return added + compared;
}

/**
 * A later import of an hour replaces an earlier one. Against an hour computed from samples the one that covers more seconds stays, and the
 * imported one where both cover the same: so the order in which files and samples arrive changes nothing.
 */
export const CIRCUIT_HOURS: KindDefinition<HourRow, HourRows> = {
  columns: HOUR_COLUMNS,
  required: ['hour', ...PLACE_COLUMNS],
  parse: parseHour,
  timeOf: ({ hour }) => hour,
  laneColumn: 'mac',
  maxRows: MAX_ROWS,
  maxDays: MAX_DAYS,
  prepare: ({ database, org, gate }, _rows, days) => prepareMonths(database, org.id, days, (make) => gate.alone(make)),
  store: async (tx, context, rows) => {
    const orgId = context.org.id;
    // A planner whose statistics know other organizations alone takes this one for empty: to find the nearest hour it would sort all hours here so far.
    await tx.query('set local enable_sort = off');
    const places = await resolvePlaces(tx, context, rows.places);
    const circuits = hoursByCircuit(rows, places);
    const circuitIds = circuits.map(({ circuitId }) => circuitId);
    await lock(tx, orgId, circuitIds);
    const bandwidths = await bandwidthsOf(tx, orgId, circuitIds);
    const stored = await storeHours(tx, orgId, circuits, { rows, places, bandwidths });
    if (stored > 0) await noteObserved(tx, orgId, circuits);
    return stored;
  },
};
