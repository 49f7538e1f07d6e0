import {
  hourOf,
  orLinkSpeed,
  peakUtilizationOf,
  UNKNOWN_BANDWIDTH,
  utilizationOf,
  type Bandwidth,
  type EpochMs,
} from '@app/domain';
import { markingCte, type Queryable } from '@app/shared';
import { bandwidthsOf } from './bandwidth.repository.js';
import { epochMs, instant, msOf } from './sql-time.js';

interface HourRow {
  readonly circuit_id: number;
  readonly hour_ms: number;
  readonly rx_bytes: number | null;
  readonly tx_bytes: number | null;
  readonly covered_ms: number;
  readonly peak_rx_bps: number | null;
  readonly peak_tx_bps: number | null;
  readonly bandwidth_source: Bandwidth['source'];
  readonly bandwidth_down_mbps: number | null;
  readonly bandwidth_up_mbps: number | null;
  readonly utilization_pct: number | null;
  readonly peak_utilization_pct: number | null;
}

interface Derived {
  readonly circuitId: number;
  readonly hour: EpochMs;
  readonly bandwidth: Bandwidth;
  readonly utilizationPct: number | null;
  readonly peakUtilizationPct: number | null;
}

const PAGE = 20_000;

/** Makes utilization and bandwidth of every stored hour of these circuits anew from bytes, seconds and the attributes of the time. */
export async function rederiveUtilization(db: Queryable, orgId: number, circuitIds: readonly number[]): Promise<number> {
  await db.query('select 1 from circuit where org_id = $1 and id = any($2::int[]) order by id for update', [orgId, circuitIds]);
  const bandwidths = await bandwidthsOf(db, orgId, circuitIds);
  let changed = 0;
  for (const circuitId of circuitIds) {
    const bandwidthAt = bandwidths.get(circuitId);
    if (bandwidthAt === undefined) continue;
    for (let after = -1; ;) {
      const rows = await hoursOf(db, orgId, circuitId, after);
      const derived = rows.map((row) => derive(row, bandwidthAt(msOf(row.hour_ms)))).filter((each, i) => differs(each, rows[i]));
      await update(db, orgId, derived);
      changed += derived.length;
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE) break;
      after = hourOf(msOf(last.hour_ms));
    }
  }
  return changed;
}

const hoursOf = (db: Queryable, orgId: number, circuitId: number, after: EpochMs): Promise<HourRow[]> =>
  db.query<HourRow>(
    `select circuit_id, ${epochMs('hour')} as hour_ms, rx_bytes, tx_bytes, covered_ms, peak_rx_bps, peak_tx_bps, bandwidth_source, bandwidth_down_mbps,
       bandwidth_up_mbps, utilization_pct, peak_utilization_pct
     from circuit_hour where org_id = $1 and circuit_id = $2 and hour > ${instant('$3::float8')} order by hour limit ${PAGE}`,
    [orgId, circuitId, after],
  );

/** The speed of the link stays where nothing better is on record. */
function derive(row: HourRow, asked: Bandwidth): Derived {
  const bandwidth = orLinkSpeed(asked, linkSpeedOf(row));
  const bytes = {
    rxBytes: row.rx_bytes,
    txBytes: row.tx_bytes,
    coveredMs: row.covered_ms,
    peakRxBps: row.peak_rx_bps,
    peakTxBps: row.peak_tx_bps,
  };
  return {
    circuitId: row.circuit_id,
    hour: msOf(row.hour_ms),
    bandwidth,
    utilizationPct: utilizationOf(bytes, bandwidth),
    peakUtilizationPct: peakUtilizationOf(bytes, bandwidth),
  };
}

/** As far as the hour still tells: with a sending limit on record it is the bandwidth down. */
function linkSpeedOf({ bandwidth_source: source, bandwidth_down_mbps: mbps }: HourRow): Bandwidth {
  const isLink = source === 'link_speed' || source === 'traffic_shaping';
  return isLink && mbps !== null ? { downMbps: mbps, upMbps: mbps, source: 'link_speed' } : UNKNOWN_BANDWIDTH;
}

const differs = (derived: Derived, row: HourRow | undefined): boolean =>
  row === undefined ||
  derived.utilizationPct !== row.utilization_pct ||
  derived.peakUtilizationPct !== row.peak_utilization_pct ||
  derived.bandwidth.source !== row.bandwidth_source ||
  derived.bandwidth.downMbps !== row.bandwidth_down_mbps ||
  derived.bandwidth.upMbps !== row.bandwidth_up_mbps;

async function update(db: Queryable, orgId: number, rows: readonly Derived[]): Promise<void> {
  if (rows.length === 0) return;
  await db.query(
    `with changed as (
     update circuit_hour h set utilization_pct = u.utilization, peak_utilization_pct = u.peak, bandwidth_source = u.source, bandwidth_down_mbps = u.down, bandwidth_up_mbps = u.up
     from unnest($2::int[], $3::float8[], $4::float8[], $5::float8[], $6::text[], $7::float8[], $8::float8[]) as u (circuit, hour, utilization, peak, source, down, up)
     where h.org_id = $1 and h.circuit_id = u.circuit and h.hour = ${instant('u.hour')} returning h.org_id, h.circuit_id, h.hour),
     ${markingCte('changed')}
     select 1`,
    [
      orgId,
      rows.map((row) => row.circuitId),
      rows.map((row) => row.hour),
      rows.map((row) => row.utilizationPct),
      rows.map((row) => row.peakUtilizationPct),
      rows.map((row) => row.bandwidth.source),
      rows.map((row) => row.bandwidth.downMbps),
      rows.map((row) => row.bandwidth.upMbps),
    ],
  );
}
