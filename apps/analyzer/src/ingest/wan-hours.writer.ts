import {
  EMPTY_QUALITY,
  HOUR_MS,
  MINUTE_MS,
  orLinkSpeed,
  peakUtilizationOf,
  UNKNOWN_BANDWIDTH,
  utilizationOf,
  type Bandwidth,
  type EpochMs,
  type HourFact,
  type QualityHour,
} from '@app/domain';
import type { WanHour, WanHoursRecord } from '@app/mist';
import type { Queryable, Transaction } from '@app/shared';
import { bandwidthsOf } from '../facts/bandwidth.repository.js';
import { storeFacts } from '../facts/fact-rows.repository.js';
import { instant } from '../facts/sql-time.js';
import { fillGaps, type ObservedSpan } from '../imports/gaps.js';
import { findCircuits, type CircuitKey } from './wan.repository.js';

/** What an average of Mist's weighs: as many samples as our polls would have made. */
const SAMPLES_OF_AVERAGE = HOUR_MS / (5 * MINUTE_MS);
const BITS = 8;

interface PortHours {
  readonly circuit: CircuitKey;
  readonly hours: readonly WanHour[];
}

/**
 * Hours of WAN ports as Mist reckoned them become facts where less is known: bytes from the average rate, states unknown unless events told them.
 * Ports that are no circuits are passed over, as nobody observed them. Returns how many hours changed.
 */
export async function storeWanHours(tx: Transaction, orgId: number, records: readonly WanHoursRecord[]): Promise<number> {
  const ports = await portsOf(tx, orgId, records);
  const ids = ports.map(({ circuit }) => circuit.id).sort((a, b) => a - b);
  if (ids.length === 0) return 0;
  await tx.query('select 1 from circuit where org_id = $1 and id = any($2) order by id for update', [orgId, ids]);
  const bandwidths = await bandwidthsOf(tx, orgId, ids);
  const speeds = await linkSpeeds(tx, orgId, ids);
  const facts = ports.flatMap(({ circuit, hours }) =>
    hours.map((hour) => {
      const asked = bandwidths.get(circuit.id)?.(hour.hour) ?? UNKNOWN_BANDWIDTH;
      const bandwidth = orLinkSpeed(asked, speeds.get(circuit.id) ?? UNKNOWN_BANDWIDTH);
      return { circuitId: circuit.id, siteId: circuit.siteId, fact: factOf(hour, bandwidth) };
    }),
  );
  const stored = await storeFacts(tx, orgId, 'mist', facts);
  if (stored > 0) await beginEarlier(tx, orgId, ports, bandwidths);
  return stored;
}

/** Known circuits with the hours that tell anything, the later record of a port counting; hours after a port went to another circuit are not its own. */
async function portsOf(tx: Queryable, orgId: number, records: readonly WanHoursRecord[]): Promise<PortHours[]> {
  const circuits = await findCircuits(
    tx,
    orgId,
    records.map(({ mac }) => mac),
  );
  const byCircuit = new Map<number, PortHours>();
  for (const { mac, portId, hours } of records) {
    const circuit = circuits.get(`${mac}|${portId}`);
    if (circuit === undefined) continue;
    const told = hours.filter((hour) => hour.hour + HOUR_MS <= circuit.untilMs && tellsAnything(hour));
    if (told.length > 0) byCircuit.set(circuit.id, { circuit, hours: told });
  }
  return [...byCircuit.values()];
}

const tellsAnything = ({ rxBps, txBps, latencyMs, jitterMs, lossPct }: WanHour): boolean =>
  [rxBps, txBps, latencyMs, jitterMs, lossPct].some((figure) => figure !== null);

const bytesOf = (bps: number | null): number | null => (bps === null ? null : Math.round((bps * HOUR_MS) / 1000 / BITS));

/** An average over the hour has neither a maximum nor a percentile. */
const average = (avg: number | null): QualityHour =>
  avg === null ? EMPTY_QUALITY : { ...EMPTY_QUALITY, count: SAMPLES_OF_AVERAGE, avg };

function factOf(told: WanHour, bandwidth: Bandwidth): HourFact {
  const bytes = {
    rxBytes: bytesOf(told.rxBps),
    txBytes: bytesOf(told.txBps),
    coveredMs: told.rxBps === null && told.txBps === null ? 0 : HOUR_MS,
    peakRxBps: told.maxRxBps,
    peakTxBps: told.maxTxBps,
  };
  return {
    hour: told.hour,
    ...bytes,
    utilizationPct: utilizationOf(bytes, bandwidth),
    peakUtilizationPct: peakUtilizationOf(bytes, bandwidth),
    bandwidth,
    upMs: 0,
    downMs: 0,
    flaps: null,
    latency: average(told.latencyMs),
    jitter: average(told.jitterMs),
    loss: average(told.lossPct),
    counterReset: false,
  };
}

/** The newest speed that each link told. */
async function linkSpeeds(db: Queryable, orgId: number, circuitIds: readonly number[]): Promise<Map<number, Bandwidth>> {
  const rows = await db.query<{ id: number; mbps: number }>(
    `select u.id, s.speed_mbps as mbps from unnest($2::int[]) as u (id) cross join lateral (
       select speed_mbps from port_sample p where p.org_id = $1 and p.circuit_id = u.id and p.speed_mbps > 0 order by p.at desc limit 1) s`,
    [orgId, circuitIds],
  );
  return new Map(rows.map(({ id, mbps }) => [id, { downMbps: mbps, upMbps: mbps, source: 'link_speed' }]));
}

/** A circuit's history begins with its first hour, and every hour from there on has a fact. */
async function beginEarlier(
  db: Queryable,
  orgId: number,
  ports: readonly PortHours[],
  bandwidths: Awaited<ReturnType<typeof bandwidthsOf>>,
): Promise<void> {
  const spans: ObservedSpan[] = ports.map(({ circuit, hours }) => ({
    circuitId: circuit.id,
    from: hours.reduce((first, { hour }) => Math.min(first, hour), Infinity),
    to: hours.reduce((last, { hour }) => Math.max(last, hour), -Infinity),
  }));
  await fillGaps(db, orgId, spans, bandwidths);
  await db.query(
    `update circuit c set first_observed_at = ${instant('u.first')} from unnest($2::int[], $3::float8[]) as u (id, first)
     where c.org_id = $1 and c.id = u.id and c.first_observed_at > ${instant('u.first')}`,
    [orgId, spans.map(({ circuitId }) => circuitId), spans.map(({ from }) => from)],
  );
}

/** Hours that a page may bring, for their partitions. */
export const hoursIn = (records: readonly WanHoursRecord[]): EpochMs[] =>
  records.flatMap(({ hours }) => hours.map(({ hour }) => hour));
