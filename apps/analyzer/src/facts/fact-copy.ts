import type { BandwidthSource, HourFact, QualityHour } from '@app/domain';
import type { CopyWriter } from '@app/shared';
import type { FactRow, FactSource } from './fact-rows.repository.js';

/** Columns of `circuit_hour` in the order of `writeFact`. */
export const FACT_COLUMNS = [
  ...['org_id', 'circuit_id', 'hour', 'site_id', 'source', 'rx_bytes', 'tx_bytes', 'covered_ms', 'peak_rx_bps', 'peak_tx_bps'],
  ...[
    'utilization_pct',
    'peak_utilization_pct',
    'bandwidth_down_mbps',
    'bandwidth_up_mbps',
    'bandwidth_source',
    'up_ms',
    'down_ms',
    'flaps',
  ],
  ...['latency', 'jitter', 'loss'].flatMap((name) => [`${name}_count`, `${name}_avg`, `${name}_max`, `${name}_p95`]),
  'counter_reset',
];
const NULL = Number.NaN;
/** The few texts of a row, made once. */
const ORIGINS: Readonly<Record<FactSource, Buffer>> = {
  samples: Buffer.from('samples'),
  imported: Buffer.from('imported'),
  mist: Buffer.from('mist'),
};
const SOURCES: Readonly<Record<BandwidthSource, Buffer>> = {
  configured: Buffer.from('configured'),
  traffic_shaping: Buffer.from('traffic_shaping'),
  link_speed: Buffer.from('link_speed'),
};

function writeQuality(rows: CopyWriter, { count, avg, max, p95 }: QualityHour): void {
  rows.int4(count);
  rows.float8(avg ?? NULL);
  rows.float8(max ?? NULL);
  rows.float8(p95 ?? NULL);
}

/** Adds a row of `circuit_hour`. */
export function writeFact(
  rows: CopyWriter,
  orgId: number,
  source: FactSource,
  { circuitId, siteId, fact }: Pick<FactRow, 'circuitId' | 'siteId' | 'fact'>,
): void {
  rows.row(FACT_COLUMNS.length);
  rows.int4(orgId);
  rows.int4(circuitId);
  rows.instant(fact.hour);
  rows.int4(siteId);
  rows.raw(ORIGINS[source]);
  writeTraffic(rows, fact);
  rows.int4(fact.upMs);
  rows.int4(fact.downMs);
  rows.int4(fact.flaps ?? NULL);
  writeQuality(rows, fact.latency);
  writeQuality(rows, fact.jitter);
  writeQuality(rows, fact.loss);
  rows.bool(fact.counterReset);
}

function writeTraffic(rows: CopyWriter, fact: HourFact): void {
  rows.int8(fact.rxBytes ?? NULL);
  rows.int8(fact.txBytes ?? NULL);
  rows.int4(fact.coveredMs);
  rows.float8(fact.peakRxBps ?? NULL);
  rows.float8(fact.peakTxBps ?? NULL);
  rows.float8(fact.utilizationPct ?? NULL);
  rows.float8(fact.peakUtilizationPct ?? NULL);
  rows.float8(fact.bandwidth.downMbps ?? NULL);
  rows.float8(fact.bandwidth.upMbps ?? NULL);
  rows.raw(fact.bandwidth.source === null ? null : SOURCES[fact.bandwidth.source]);
}
