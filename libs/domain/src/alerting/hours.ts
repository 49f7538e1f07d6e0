import { isKpiId } from '../kpi/catalogue.js';
import type { EpochMs } from '../sample.js';
import { severityRank, worst, type Severity } from '../severity.js';
import type { ThresholdMetric } from '../thresholds/defaults.js';
import { worseOfMetric } from '../thresholds/resolve.js';
import { hasReached, LEVELS, type Level, type Thresholds } from '../thresholds/threshold.js';
import { availabilityPct } from '../kpi/availability.js';
import { HOUR_MS } from '../time/bucket.js';
import type { AlertDetails, ObservedMetric } from './observations.js';
import type { RuleInForce } from './rules.js';
import type { BreachObservation } from './change.js';

/** What alert rules read of one closed hour of a circuit. */
export interface RuledHour {
  readonly hour: EpochMs;
  readonly utilization: number | null;
  readonly loss: number | null;
  readonly jitter: number | null;
  readonly latency: number | null;
  readonly upMs: number;
  readonly downMs: number;
  readonly flaps: number | null;
}

/** Figures of one subject: metric, then begin of the hour. */
export type HourSeries = ReadonlyMap<ThresholdMetric, ReadonlyMap<EpochMs, number | null>>;

/** What a rule says of one hour; `at` is the end of the hour. */
export interface HourObservation extends BreachObservation {
  readonly details: Pick<AlertDetails, 'metric' | 'value' | 'threshold' | 'hour' | 'metrics' | 'unknownMetrics'>;
}

/** Figures of a circuit for one rule; those of trailing hours end with each hour, and count what is known of them. */
export function circuitSeries(
  hours: readonly RuledHour[],
  { metrics, trailingHours }: Pick<RuleInForce, 'metrics' | 'trailingHours'>,
): HourSeries {
  const byHour = new Map(hours.map((each) => [each.hour, each]));
  const trailing = (hour: EpochMs): RuledHour[] =>
    Array.from({ length: trailingHours }, (_, i) => byHour.get(hour - i * HOUR_MS)).flatMap((each) => each ?? []);
  const valueOf = (metric: ThresholdMetric, each: RuledHour): number | null => {
    switch (metric) {
      case 'utilization':
      case 'loss':
      case 'jitter':
      case 'latency':
        return each[metric];
      case 'flaps':
        return sumOrNull(trailing(each.hour).map(({ flaps }) => flaps));
      case 'availability': {
        const known = trailing(each.hour);
        return availabilityPct(sum(known.map(({ upMs }) => upMs)), sum(known.map(({ downMs }) => downMs)));
      }
      default:
        return null;
    }
  };
  const asked = metrics.filter((metric): metric is ThresholdMetric => isKpiId(metric));
  return new Map(asked.map((metric) => [metric, new Map(hours.map((each) => [each.hour, valueOf(metric, each)]))]));
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const sumOrNull = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : sum(known);
};

/** Where being bad begins for one metric, and where it ends. */
interface Limits {
  readonly metric: ThresholdMetric;
  readonly levels: Partial<Thresholds>;
  readonly clear: number | undefined;
}

/**
 * Limits of a rule: its own, else the subject's thresholds, beginning at major and ending below warning, so that a figure that hovers about one
 * number is one alert.
 */
function limitsOf(rule: RuleInForce, metric: ThresholdMetric, thresholdsOf: (metric: ThresholdMetric) => Thresholds): Limits {
  if (rule.thresholds !== null) return { metric, levels: rule.thresholds, clear: rule.clearThreshold ?? undefined };
  const { warning, major, critical } = thresholdsOf(metric);
  return { metric, levels: { major, critical }, clear: rule.clearThreshold ?? warning };
}

interface Judged extends ObservedMetric {
  readonly isBad: boolean;
  readonly holds: boolean;
  readonly threshold: number | undefined;
}

function judge(value: number | null, limits: Limits): Judged {
  const { metric, levels, clear } = limits;
  const worse = worseOfMetric(metric);
  const reached = (limit: number | undefined): boolean =>
    value !== null && limit !== undefined && hasReached(value, limit, worse);
  const level = LEVELS.findLast((each) => reached(levels[each]));
  return {
    metric,
    score: value,
    severity: value === null ? 'unknown' : (level ?? 'info'),
    isBad: level !== undefined,
    holds: level === undefined && reached(clear),
    threshold: level === undefined ? firstOf(levels) : levels[level],
  };
}

const firstOf = (levels: Partial<Thresholds>): number | undefined => levels[mildestOf(levels)];
const mildestOf = (levels: Partial<Thresholds>): Level => LEVELS.find((level) => levels[level] !== undefined) ?? 'warning';

/** What a rule says of these hours, ascending; an hour that is not there is one nobody knows of. */
export function hourObservations(
  rule: RuleInForce,
  series: HourSeries,
  { hours, thresholdsOf }: { hours: readonly EpochMs[]; thresholdsOf: (metric: ThresholdMetric) => Thresholds },
): HourObservation[] {
  const limits = [...series.keys()].map((metric) => limitsOf(rule, metric, thresholdsOf));
  if (limits.length === 0) return [];
  return hours.map((hour) => {
    const judged = limits.map((limit) => judge(series.get(limit.metric)?.get(hour) ?? null, limit));
    return withNoData(rule, limits, combined(rule, hour, judged));
  });
}

const worstFirst = (a: Judged, b: Judged): number => severityRank(b.severity) - severityRank(a.severity);

function combined(rule: RuleInForce, hour: EpochMs, judged: readonly Judged[]): HourObservation {
  const bad = judged.filter(({ isBad }) => isBad).sort(worstFirst);
  const shown = bad[0] ?? judged.find(({ holds }) => holds) ?? judged[0];
  const severity = rule.severity ?? worst(judged.map((each) => each.severity));
  return {
    at: hour + HOUR_MS,
    breached: bad.length > 0 ? true : judged.every(({ score }) => score === null) ? null : false,
    severity,
    holds: judged.some(({ holds }) => holds),
    details: {
      hour,
      ...(shown === undefined ? {} : { metric: shown.metric, value: shown.score }),
      ...(shown?.threshold === undefined ? {} : { threshold: shown.threshold }),
      ...(judged.length < 2
        ? {}
        : {
            metrics: bad.map(({ metric, score, severity: each }) => ({ metric, score, severity: each })),
            unknownMetrics: judged.filter(({ score }) => score === null).map(({ metric }) => metric),
          }),
    },
  };
}

/** Unknown stays unknown unless the rule says what it means. */
function withNoData(rule: RuleInForce, limits: readonly Limits[], observation: HourObservation): HourObservation {
  if (observation.breached !== null || rule.noData === 'keep') return observation;
  const severity: Severity = rule.severity ?? mildestOf(limits[0]?.levels ?? {});
  return { ...observation, breached: rule.noData === 'alert', severity };
}
