import type { EpochMs } from '@app/domain';
import type { Outcome } from './outcome.js';
import { hourlySeries, type HourlySeries } from './hourly-series.js';
import type { Mapped, SetAside, WanHour, WanHoursRecord } from './records.js';
import { fieldOf, plainMac } from './values.js';

/** Figures of an hour as Mist names them: interval average and peak, bits a second. */
export const TRAFFIC_METRICS = ['rx_bps', 'tx_bps', 'max_rx_bps', 'max_tx_bps'] as const;
const QUALITY_METRICS = ['avg_latency', 'avg_jitter', 'avg_loss'] as const;
const PERCENT = 100;

type TrafficName = (typeof TRAFFIC_METRICS)[number];
type QualityName = (typeof QUALITY_METRICS)[number];
type Series<N extends string> = HourlySeries<N>;

const LIMITS: Readonly<Partial<Record<string, number>>> = { avg_loss: PERCENT };

/** A figure is added to late: an hour counts when it ended this long before it was asked for. */
const SETTLED_MS = 15 * 60_000;
const HOUR_MS = 3_600_000;

/** What was read of one WAN port: where it is, and both answers as they came (`quality` is null where Mist has none). */
export interface WanHoursAnswer {
  readonly site_id: string;
  readonly mac: string;
  readonly port_id: string;
  readonly stats: unknown;
  readonly quality: unknown;
}

/** A page of hourly answers, one record a port; those of hours that may still change are left out. */
export function mapWanHours(rows: readonly unknown[], observedAt: EpochMs): Mapped<'wan-hours', WanHoursRecord> {
  const [records, positions, setAside]: [WanHoursRecord[], number[], SetAside[]] = [[], [], []];
  rows.forEach((record, position) => {
    const outcome = mapAnswer(record, observedAt);
    if (outcome.is === 'ours') {
      records.push(outcome.record);
      positions.push(position);
    } else setAside.push({ position, reason: outcome.reason, record });
  });
  return { kind: 'wan-hours', records, positions, setAside, notOurs: 0 };
}

function mapAnswer(input: unknown, observedAt: EpochMs): Outcome<WanHoursRecord> {
  if (typeof input !== 'object' || input === null) return { is: 'faulty', reason: 'the record is not an object' };
  const ids = ['site_id', 'mac', 'port_id'].map((name) => fieldOf(input, name));
  const [siteId, mac, portId] = ids.map((id) => (typeof id === 'string' && id !== '' ? id : null));
  if (siteId == null || mac == null || portId == null) return { is: 'faulty', reason: 'site_id, mac and port_id must be texts' };
  const traffic = hourlySeries<TrafficName>(fieldOf(input, 'stats'), TRAFFIC_METRICS, LIMITS);
  if ('fault' in traffic) return { is: 'faulty', reason: `stats: ${traffic.fault}` };
  const quality = hourlySeries<QualityName>(fieldOf(input, 'quality') ?? null, QUALITY_METRICS, LIMITS);
  if ('fault' in quality) return { is: 'faulty', reason: `quality: ${quality.fault}` };
  const hours = hoursOf(traffic.hours, quality.hours).filter(({ hour }) => hour + HOUR_MS + SETTLED_MS <= observedAt);
  return { is: 'ours', record: { siteId, mac: plainMac(mac), portId, hours } };
}

function hoursOf(traffic: Series<TrafficName>, quality: Series<QualityName>): WanHour[] {
  const hours = [...new Set([...traffic.keys(), ...quality.keys()])].sort((a, b) => a - b);
  return hours.map((hour) => {
    const [told, measured] = [traffic.get(hour), quality.get(hour)];
    return {
      hour,
      rxBps: told?.rx_bps ?? null,
      txBps: told?.tx_bps ?? null,
      maxRxBps: told?.max_rx_bps ?? null,
      maxTxBps: told?.max_tx_bps ?? null,
      latencyMs: measured?.avg_latency ?? null,
      jitterMs: measured?.avg_jitter ?? null,
      lossPct: measured?.avg_loss ?? null,
    };
  });
}
