import { HOUR_MS, UNKNOWN_BANDWIDTH, utilizationOf, type Bandwidth, type EpochMs, type HourFact } from '@app/domain';
import type { Queryable, Transaction } from '@app/shared';
import { bandwidthsOf, type BandwidthAt } from '../facts/bandwidth.repository.js';
import { storeFacts, type FactRow } from '../facts/fact-rows.repository.js';
import { instant } from '../facts/sql-time.js';
import { fillGaps, type ObservedSpan } from './gaps.js';
import { prepareMonths } from './hour-partitions.js';
import { HOUR_COLUMNS, parseHour, type HourRow } from './hour-row.js';
import { lastOfKey, type KindDefinition } from './kind.js';
import { appendHours, isGapless, surroundingsOf } from './new-hours.js';
import { PLACE_COLUMNS, placed } from './places.js';

/** Hours lie in partitions of months, so that many may be stored together. */
const MAX_ROWS = 10_000;

/** Peaks inside the hour and counter resets are nothing an import can know. */
function factOf(row: HourRow, bandwidth: Bandwidth): HourFact {
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

function spansOf(rows: readonly { readonly circuitId: number; readonly hour: EpochMs }[]): ObservedSpan[] {
  const spans = new Map<number, { circuitId: number; from: EpochMs; to: EpochMs }>();
  for (const { circuitId, hour } of rows) {
    const known = spans.get(circuitId);
    if (known === undefined) spans.set(circuitId, { circuitId, from: hour, to: hour });
    else {
      known.from = Math.min(known.from, hour);
      known.to = Math.max(known.to, hour);
    }
  }
  return [...spans.values()];
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

interface HoursToStore {
  readonly facts: readonly FactRow[];
  readonly spans: readonly ObservedSpan[];
  readonly bandwidths: ReadonlyMap<number, BandwidthAt>;
}

/** Hours of circuits that have none there are appended; the others are compared with what is stored. Returns how many were new or changed anything. */
async function storeHours(tx: Transaction, orgId: number, { facts, spans, bandwidths }: HoursToStore): Promise<number> {
  const around = await surroundingsOf(tx, orgId, spans);
  const isNew = ({ circuitId }: { readonly circuitId: number }): boolean => around.get(circuitId)?.isEmpty === true;
  const added = facts.filter(isNew);
  const hoursOf = hoursByCircuit(added);
  await appendHours(tx, orgId, added, hoursOf);
  const compared = await storeFacts(
    tx,
    orgId,
    'imported',
    facts.filter((fact) => !isNew(fact)),
  );
  const withGaps = spans.filter((span) => {
    if (!isNew(span)) return compared > 0;
    const [hours, surroundings] = [hoursOf.get(span.circuitId), around.get(span.circuitId)];
    return hours === undefined || surroundings === undefined || !isGapless(hours, surroundings);
  });
  if (withGaps.length > 0) await fillGaps(tx, orgId, withGaps, bandwidths);
  return added.length + compared;
}

function hoursByCircuit(facts: readonly FactRow[]): Map<number, EpochMs[]> {
  const hours = new Map<number, EpochMs[]>();
  for (const { circuitId, fact } of facts) {
    const known = hours.get(circuitId);
    if (known === undefined) hours.set(circuitId, [fact.hour]);
    else known.push(fact.hour);
  }
  for (const list of hours.values()) list.sort((a, b) => a - b);
  return hours;
}

/**
 * A later import of an hour replaces an earlier one. Against an hour computed from samples the one that covers more seconds stays, and the
 * imported one where both cover the same: so the order in which files and samples arrive changes nothing.
 */
export const CIRCUIT_HOURS: KindDefinition<HourRow> = {
  columns: HOUR_COLUMNS,
  required: ['hour', ...PLACE_COLUMNS],
  parse: parseHour,
  timeOf: ({ hour }) => hour,
  maxRows: MAX_ROWS,
  prepare: ({ database, org }, rows) =>
    prepareMonths(
      database,
      org.id,
      rows.map(({ hour }) => hour),
    ),
  store: async (tx, context, rows) => {
    const orgId = context.org.id;
    const hours = lastOfKey(
      await placed(tx, context, rows, ({ hour }) => hour),
      ({ circuitId, hour }) => `${String(circuitId)} ${String(hour / HOUR_MS)}`,
    );
    const spans = spansOf(hours);
    const circuitIds = spans.map(({ circuitId }) => circuitId);
    await lock(tx, orgId, circuitIds);
    const bandwidths = await bandwidthsOf(tx, orgId, circuitIds);
    const facts = hours.map((row) => {
      const bandwidth = bandwidths.get(row.circuitId)?.(row.hour) ?? UNKNOWN_BANDWIDTH;
      return { circuitId: row.circuitId, siteId: row.siteKey, fact: factOf(row, bandwidth) };
    });
    const stored = await storeHours(tx, orgId, { facts, spans, bandwidths });
    if (stored > 0) await noteObserved(tx, orgId, spans);
    return stored;
  },
};
