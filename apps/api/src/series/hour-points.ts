import {
  availabilityPct,
  coveragePct,
  HOUR_MS,
  hourStatus,
  isAtOrAbove,
  LEVELS,
  meanOf,
  type EpochMs,
  type HourlyKpi,
} from '@app/domain';
import { timeOf } from '../http/answers.js';
import { AsciiWriter, JsonText } from '../http/json-text.js';
import type { Bucket } from './buckets.js';
import type { ExtraThresholds, PointGroup, ThresholdSet } from './cell.js';
import { HourWalk, NOTHING, type Figure, type HourColumns, type HourFigures } from './hour-columns.js';

export interface HourPointsAsked {
  readonly thresholds: ThresholdSet;
  readonly extra: ExtraThresholds;
  readonly metrics: ReadonlySet<PointGroup>;
  /** Start of the running hour: of it and what comes then nothing is known yet. */
  readonly openFrom: EpochMs;
}

/** By what each KPI is above a threshold, in the order of an answer. */
const ABOVE_FIGURES = {
  utilization: 'utilizationPct',
  loss: 'lossAvg',
  jitter: 'jitterAvg',
  latency: 'latencyAvg',
} as const satisfies Readonly<Record<HourlyKpi, Figure>>;
const ABOVE_ORDER = ['utilization', 'loss', 'jitter', 'latency'] as const satisfies readonly HourlyKpi[];
const MINUTE_MS = 60_000;
const ZERO = 48;
const NINE = 57;

/** A figure that was computed. */
const written = (value: number | null): string => (value === null || !Number.isFinite(value) ? 'null' : String(value));

/** A figure as it is stored. Postgres writes huge and tiny numbers, and what is none, otherwise than JSON does. */
function asStored(text: string): string {
  const first = text.charCodeAt(0);
  if (first >= ZERO && first <= NINE && !text.includes('e')) return text;
  return text === NOTHING ? 'null' : written(Number(text));
}

/** The average over one hour, which the weighing may have moved by a bit. */
function averaged(text: string, weight: number): string {
  if (text === NOTHING) return 'null';
  const value = Number(text);
  const mean = meanOf({ count: 1, weight, weightedSum: value * weight, max: value });
  return mean === value ? asStored(text) : written(mean);
}

/** Remembers the texts of what repeats from hour to hour. */
function remembered<K, T>(make: (key: K) => T, most = Infinity): (key: K) => T {
  const known = new Map<K, T>();
  return (key) => {
    const found = known.get(key);
    if (found !== undefined) return found;
    const made = make(key);
    if (known.size >= most) known.clear();
    known.set(key, made);
    return made;
  };
}

/** Hours of two years: charts ask for the same ones over and over. */
const MOST_PLACES = 17_568;
const placeOf = remembered(
  (from: EpochMs) => `{"start":"${timeOf(from) ?? ''}","end":"${timeOf(from + HOUR_MS) ?? ''}","hours":1,"facts":`,
  MOST_PLACES,
);

function times(upMs: number, downMs: number, possibleMs: number): string {
  const known = upMs + downMs;
  return (
    `,"up_minutes":${written(upMs / MINUTE_MS)},"down_minutes":${written(downMs / MINUTE_MS)},"unknown_minutes":${written((possibleMs - known) / MINUTE_MS)}` +
    `,"known_minutes":${written(known / MINUTE_MS)},"availability_pct":${written(availabilityPct(upMs, downMs))},"coverage_pct":${written(coveragePct(known, possibleMs))}`
  );
}

interface Limits {
  readonly kpi: HourlyKpi;
  readonly limits: readonly number[];
}

const limitsOf = ({ thresholds, extra }: HourPointsAsked): Limits[] =>
  ABOVE_ORDER.map((kpi) => ({ kpi, limits: [...LEVELS.map((level) => thresholds[kpi][level]), ...extra[kpi]] }));

/** The hour counts, or it does not, at each threshold: the lowest bits are those of the last KPI. */
function aboveText(asked: readonly Limits[], bits: number): string {
  let left = bits;
  const texts = [...asked].reverse().map(({ kpi, limits }) => {
    const hours = limits.map((_, i) => Math.floor(left / 2 ** i) % 2).join(',');
    left = Math.floor(left / 2 ** limits.length);
    return `"${kpi}":{"cumulative_hours":[${hours}],"continuous_hours":[${hours}]}`;
  });
  return `,"above":{${texts.reverse().join(',')}}`;
}

/** A bit for each threshold that a value has reached. */
function bitsOf(text: string, limits: readonly number[]): number {
  if (text === NOTHING) return 0;
  const value = Number(text);
  let bits = 0;
  for (const [i, limit] of limits.entries()) if (isAtOrAbove(value, limit)) bits += 2 ** i;
  return bits;
}

/** Writes a group of fields of an hour that has a fact. */
type Writer = (hour: HourFigures) => string;

/** What each group is made of. */
const GROUP_FIGURES: Readonly<Record<PointGroup, readonly Figure[]>> = {
  traffic: ['coveredMs', 'rxBytes', 'txBytes', 'rxMbps', 'txMbps', 'peakRxMbps', 'peakTxMbps'],
  utilization: ['coveredMs', 'utilizationPct', 'peakUtilizationPct', 'bandwidthDownMbps', 'bandwidthUpMbps', 'bandwidthSource'],
  status: ['upMs', 'downMs', 'flaps', 'counterReset'],
  latency: ['latencyCount', 'latencyAvg', 'latencyMax', 'latencyP95'],
  jitter: ['jitterCount', 'jitterAvg', 'jitterMax', 'jitterP95'],
  loss: ['lossCount', 'lossAvg', 'lossMax', 'lossP95'],
  above: ['utilizationPct', 'lossAvg', 'jitterAvg', 'latencyAvg'],
};

/** The figures that some groups are made of, each once. */
export const figuresOf = (metrics: ReadonlySet<PointGroup>): Figure[] => [
  ...new Set([...metrics].flatMap((metric) => GROUP_FIGURES[metric])),
];

const WRITERS: Readonly<Record<PointGroup, (asked: HourPointsAsked) => Writer>> = {
  traffic: () => {
    const coveredOf = remembered((ms: string) => written(Number(ms) / 1000));
    return (hour) =>
      `,"covered_s":${coveredOf(hour.coveredMs)},"rx_bytes":${asStored(hour.rxBytes)},"tx_bytes":${asStored(hour.txBytes)},"traffic_mbps":` +
      `{"rx":{"avg":${asStored(hour.rxMbps)},"peak":${asStored(hour.peakRxMbps)}},"tx":{"avg":${asStored(hour.txMbps)},"peak":${asStored(hour.peakTxMbps)}}}`;
  },
  utilization: () => {
    const sourceOf = remembered((source: string) => (source === NOTHING ? 'null' : JSON.stringify(source)));
    return ({ utilizationPct, coveredMs, peakUtilizationPct, bandwidthDownMbps, bandwidthUpMbps, bandwidthSource }) => {
      const pct = asStored(utilizationPct);
      return (
        `,"utilization_pct":{"avg":${averaged(utilizationPct, Number(coveredMs))},"max":${pct},"p95":${pct},"peak":${asStored(peakUtilizationPct)},"hours":${utilizationPct === NOTHING ? '0' : '1'}}` +
        `,"bandwidth":{"down_mbps":${asStored(bandwidthDownMbps)},"up_mbps":${asStored(bandwidthUpMbps)},"source":${sourceOf(bandwidthSource)}}`
      );
    };
  },
  status: () => {
    const textOf = remembered((stored: string) => {
      const [up = '', down = '', flaps = '', isReset] = stored.split(' ');
      const status = hourStatus(Number(up), Number(down));
      return `${times(Number(up), Number(down), HOUR_MS)},"flaps":${asStored(flaps)},"status_hourly":"${status}","counter_reset":${String(isReset === 't')}`;
    });
    return ({ upMs, downMs, flaps, counterReset }) => textOf(`${upMs} ${downMs} ${flaps} ${counterReset}`);
  },
  latency: () => (hour) => quality('latency_ms', hour.latencyCount, hour.latencyAvg, [hour.latencyMax, hour.latencyP95]),
  jitter: () => (hour) => quality('jitter_ms', hour.jitterCount, hour.jitterAvg, [hour.jitterMax, hour.jitterP95]),
  loss: () => (hour) => quality('loss_pct', hour.lossCount, hour.lossAvg, [hour.lossMax, hour.lossP95]),
  above: (asked) => {
    const all = limitsOf(asked);
    const textOf = remembered((bits: number) => aboveText(all, bits));
    const each = all.map(({ kpi, limits }) => ({ limits, figure: ABOVE_FIGURES[kpi], weight: 2 ** limits.length }));
    return (hour) => {
      let bits = 0;
      for (const { limits, figure, weight } of each) bits = bits * weight + bitsOf(hour[figure], limits);
      return textOf(bits);
    };
  },
};

function quality(name: string, counted: string, avg: string, [max, p95]: readonly [string, string]): string {
  const count = Number(counted);
  const weight = avg === NOTHING ? 0 : count;
  const p95Text = count > 0 ? asStored(p95) : 'null';
  const covered = coveragePct(p95Text === 'null' ? 0 : weight, weight);
  return `,"${name}":{"avg":${averaged(avg, count)},"max":${asStored(max)},"p95":${p95Text},"p95_coverage_pct":${written(covered)},"count":${String(weight)}}`;
}

const GAP_QUALITY = '{"avg":null,"max":null,"p95":null,"p95_coverage_pct":null,"count":0}';
const GAP_TRAFFIC = '"traffic_mbps":{"rx":{"avg":null,"peak":null},"tx":{"avg":null,"peak":null}}';
const GAP_UTILIZATION = '"utilization_pct":{"avg":null,"max":null,"p95":null,"peak":null,"hours":0}';
const GAP_BANDWIDTH = '"bandwidth":{"down_mbps":null,"up_mbps":null,"source":null}';

/** The same groups of an hour without a fact. */
function gapOf(asked: HourPointsAsked, possibleMs: number): string {
  const texts: Readonly<Record<PointGroup, string>> = {
    traffic: `,"covered_s":0,"rx_bytes":null,"tx_bytes":null,${GAP_TRAFFIC}`,
    utilization: `,${GAP_UTILIZATION},${GAP_BANDWIDTH}`,
    status: `${times(0, 0, possibleMs)},"flaps":null,"status_hourly":"unknown","counter_reset":false`,
    latency: `,"latency_ms":${GAP_QUALITY}`,
    jitter: `,"jitter_ms":${GAP_QUALITY}`,
    loss: `,"loss_pct":${GAP_QUALITY}`,
    above: aboveText(limitsOf(asked), 0),
  };
  return [...asked.metrics].map((metric) => texts[metric]).join('');
}

/**
 * The points of one circuit hour by hour, as `pointJson` of the folded hours would have them, to the byte; buckets ascend, each of them one hour. A
 * month of them takes a fraction of the time in this way.
 */
export function hourPoints(columns: HourColumns, buckets: readonly Bucket[], asked: HourPointsAsked): JsonText {
  const writers = [...asked.metrics].map((metric) => WRITERS[metric](asked));
  const gap = remembered((possibleMs: number) => gapOf(asked, possibleMs));
  const walk = new HourWalk(columns);
  const points = new AsciiWriter();
  let before = '[';
  for (const { hours } of buckets) {
    let point = before + placeOf(hours.from);
    if (walk.reaches(hours.from)) {
      point += '1';
      for (const write of writers) point += write(walk.figures);
    } else point += `0${gap(Math.max(0, Math.min(hours.to, asked.openFrom) - hours.from))}`;
    points.add(`${point}}`);
    before = ',';
  }
  points.add(before === '[' ? '[]' : ']');
  return new JsonText(points.bytes());
}
