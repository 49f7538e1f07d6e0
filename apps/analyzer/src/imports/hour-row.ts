import { HOUR_MS, type EpochMs, type QualityHour } from '@app/domain';
import type { Cells, NumberRange } from './cells.js';
import { parsePlace, PLACE_COLUMNS, type PortPlace } from './places.js';

/** One row of `circuit-hours`: an hour fact from another system, without what we derive. */
export interface HourRow extends PortPlace {
  readonly hour: EpochMs;
  readonly rxBytes: number | null;
  readonly txBytes: number | null;
  readonly coveredMs: number;
  readonly upMs: number;
  readonly downMs: number;
  readonly flaps: number | null;
  readonly latency: QualityHour;
  readonly jitter: QualityHour;
  readonly loss: QualityHour;
}

const QUALITIES = { latency: {}, jitter: {}, loss: { max: 100 } } as const satisfies Record<string, NumberRange>;
type QualityName = keyof typeof QUALITIES;
const PARTS = ['avg', 'max', 'p95', 'count'] as const;

export const HOUR_COLUMNS: readonly string[] = [
  'hour',
  ...PLACE_COLUMNS,
  'rx_bytes',
  'tx_bytes',
  'covered_s',
  'up_minutes',
  'down_minutes',
  'unknown_minutes',
  'flaps',
  ...Object.keys(QUALITIES).flatMap((name) => PARTS.map((part) => `${name}_${part}`)),
];

/** Samples of an hour when the file does not say: one each five minutes. */
const DEFAULT_COUNT = 12;
const HOUR_S = 3600;
const HOUR_MINUTES = 60;
/** Minutes written with few decimals may add up to a hair more than the hour. */
const ROUNDING_MINUTES = 1e-6;

const minutes = (value: number): number => Math.round(value * 60_000);

/** Known minutes by the rules of the import: nothing given is unknown; where up is given, the rest is down unless it is said to be unknown. */
function parseMinutes(cells: Cells): { upMs: number; downMs: number } {
  const range = { min: 0, max: HOUR_MINUTES };
  const up = cells.number('up_minutes', range);
  const down = cells.number('down_minutes', range);
  const unknown = cells.number('unknown_minutes', range);
  const sum = (up ?? 0) + (down ?? 0) + (unknown ?? 0);
  if (sum > HOUR_MINUTES + ROUNDING_MINUTES) {
    cells.fault('up_minutes', `with down_minutes and unknown_minutes makes ${String(sum)} minutes, more than the 60 of an hour`);
  }
  if (up !== null) {
    const upMs = minutes(up);
    const rest = HOUR_MS - upMs - minutes(unknown ?? 0);
    return { upMs, downMs: Math.max(0, Math.min(down === null ? rest : minutes(down), HOUR_MS - upMs)) };
  }
  if (down === null) return { upMs: 0, downMs: 0 };
  if (unknown === null && down < HOUR_MINUTES) cells.fault('up_minutes', 'is empty although down_minutes is given; give both');
  const downMs = minutes(down);
  return { upMs: unknown === null ? 0 : Math.max(0, HOUR_MS - downMs - minutes(unknown)), downMs };
}

function parseQuality(cells: Cells, name: QualityName): QualityHour {
  const range: NumberRange = { min: 0, ...QUALITIES[name] };
  const avg = cells.number(`${name}_avg`, range);
  const count = cells.integer(`${name}_count`);
  if (avg !== null && count === 0) cells.fault(`${name}_count`, `is 0 although ${name}_avg is given`);
  return {
    count: avg === null ? 0 : (count ?? DEFAULT_COUNT),
    avg,
    max: cells.number(`${name}_max`, range),
    p95: cells.number(`${name}_p95`, range),
  };
}

export function parseHour(cells: Cells): HourRow {
  const hour = cells.requiredTime('hour');
  if (hour % HOUR_MS !== 0) cells.fault('hour', 'is not the start of a UTC hour');
  const rxBytes = cells.bigCount('rx_bytes');
  const txBytes = cells.bigCount('tx_bytes');
  const coveredS = cells.number('covered_s', { min: 0, max: HOUR_S });
  const { siteId, mac, portId } = parsePlace(cells);
  const { upMs, downMs } = parseMinutes(cells);
  return {
    hour,
    siteId,
    mac,
    portId,
    rxBytes,
    txBytes,
    coveredMs: Math.round((coveredS ?? (rxBytes === null && txBytes === null ? 0 : HOUR_S)) * 1000),
    upMs,
    downMs,
    flaps: cells.integer('flaps'),
    latency: parseQuality(cells, 'latency'),
    jitter: parseQuality(cells, 'jitter'),
    loss: parseQuality(cells, 'loss'),
  };
}
