import type { EpochMs, Span } from '@app/domain';
import type { Asked, BatchContext, Outcome } from './outcome.js';
import { canonicalMetric, scoresOf } from './metrics.js';
import { PAYLOADS, parse } from './payloads.js';
import type { SleDetailRecord, SleImpact, SleScoresRecord } from './records.js';
import { fieldOf, orNull, textOrNull, toMs } from './values.js';
import type { Maybe, WireImpact, WireSle, WireSleDetail } from './wire.js';

const HOUR_S = 3600;

export function mapSleRow(input: object): Outcome<SleScoresRecord> {
  const parsed = parse(PAYLOADS.sleRow, input);
  if ('fault' in parsed) return { is: 'faulty', reason: parsed.fault };
  const { row } = parsed;
  return {
    is: 'ours',
    record: {
      siteId: row.site_id,
      scores: scoresOf(row),
      numAps: orNull(row.num_aps),
      numClients: orNull(row.num_clients),
      numGateways: orNull(row.num_gateways),
    },
  };
}

function impactOf(impact: Maybe<WireImpact>): SleImpact | null {
  if (impact === undefined || impact === null) return null;
  return {
    numUsers: orNull(impact.num_users),
    totalUsers: orNull(impact.total_users),
    numAps: orNull(impact.num_aps),
    totalAps: orNull(impact.total_aps),
    numGateways: orNull(impact.num_gateways),
    totalGateways: orNull(impact.total_gateways),
  };
}

type HourSums = SleDetailRecord['hours'][number];

interface Sums {
  readonly totalMinutes: number;
  readonly degradedMinutes: number;
  readonly measuredValue: number | null;
}

/**
 * Sums over the closed buckets inside the window. Buckets carry no times: the first is the first full interval after `start`, so that the running
 * hour, which is short and late, falls out of an hour-aligned window. A bucket counts when total and degraded are both numbers.
 */
function sumBuckets(sle: WireSle, startS: number, window: Span): Sums {
  const intervalS = sle.interval ?? HOUR_S;
  const firstS = Math.ceil(startS / intervalS) * intervalS;
  const isInside = (index: number): boolean =>
    toMs(firstS + index * intervalS) >= window.from && toMs(firstS + (index + 1) * intervalS) <= window.to;
  const { total, degraded, value } = sle.samples ?? {};
  let totalMinutes = 0;
  let degradedMinutes = 0;
  const measured = (value ?? []).filter((entry, index): entry is number => typeof entry === 'number' && isInside(index));
  (total ?? []).forEach((minutes, index) => {
    const lost = degraded?.[index];
    if (typeof minutes !== 'number' || typeof lost !== 'number' || !isInside(index)) return;
    totalMinutes += minutes;
    degradedMinutes += lost;
  });
  const measuredValue = measured.length === 0 ? null : measured.reduce((sum, entry) => sum + entry, 0) / measured.length;
  return { totalMinutes, degradedMinutes, measuredValue };
}

/**
 * Sums of the UTC hours inside the window of which every bucket was delivered with both numbers: part of an hour would pass for the whole. Buckets
 * wider than an hour, or that do not make up whole hours, tell nothing of hours.
 */
function hoursOf(sle: WireSle, startS: number, window: Span): HourSums[] {
  const intervalS = sle.interval ?? HOUR_S;
  if (!(intervalS > 0) || HOUR_S % intervalS !== 0) return [];
  const firstS = Math.ceil(startS / intervalS) * intervalS;
  const { total, degraded } = sle.samples ?? {};
  const byHour = new Map<number, { totalMinutes: number; degradedMinutes: number; buckets: number }>();
  (total ?? []).forEach((minutes, index) => {
    const lost = degraded?.[index];
    if (typeof minutes !== 'number' || typeof lost !== 'number') return;
    const hourS = Math.floor((firstS + index * intervalS) / HOUR_S) * HOUR_S;
    const sums = byHour.get(hourS) ?? { totalMinutes: 0, degradedMinutes: 0, buckets: 0 };
    byHour.set(hourS, {
      totalMinutes: sums.totalMinutes + minutes,
      degradedMinutes: sums.degradedMinutes + lost,
      buckets: sums.buckets + 1,
    });
  });
  return [...byHour].flatMap(([hourS, { buckets, ...sums }]) => {
    const hour = toMs(hourS);
    const isWhole = buckets * intervalS === HOUR_S && hour >= window.from && hour + HOUR_S * 1000 <= window.to;
    return isWhole ? [{ hour, ...sums }] : [];
  });
}

const timeIn = (context: BatchContext, name: string): EpochMs | null => {
  const value = context[name];
  return typeof value === 'number' ? value : null;
};

const textIn = (context: BatchContext, name: string): string | null => {
  const value = context[name];
  return typeof value === 'string' && value !== '' ? value : null;
};

function detailOf(row: WireSleDetail, siteId: string, metric: string, context: BatchContext): SleDetailRecord {
  const window = { from: timeIn(context, 'windowFrom') ?? toMs(row.start), to: timeIn(context, 'windowTo') ?? toMs(row.end) };
  const sums = sumBuckets(row.sle, row.start, window);
  return {
    siteId,
    metric: canonicalMetric(metric),
    windowFrom: window.from,
    windowTo: window.to,
    ...sums,
    hours: hoursOf(row.sle, row.start, window),
    measuredUnit: textOrNull(row.sle.y_label),
    impact: impactOf(row.impact),
    classifiers: (row.classifiers ?? []).map((classifier) => {
      const { totalMinutes, degradedMinutes } = sumBuckets(classifier, row.start, window);
      return { name: classifier.name, totalMinutes, degradedMinutes, impact: impactOf(classifier.impact) };
    }),
  };
}

/** One `summary` or `summary-trend`; the answer names its metric but not its site, so the context must. */
export function mapSleDetail(input: object, { context }: Asked): Outcome<SleDetailRecord> {
  const parsed = parse(PAYLOADS.sleDetail, input);
  if ('fault' in parsed) return { is: 'faulty', reason: parsed.fault };
  const rowSite = fieldOf(input, 'site_id');
  const siteId = textIn(context, 'siteId') ?? (typeof rowSite === 'string' ? rowSite : null);
  if (siteId === null) return { is: 'faulty', reason: 'neither the answer nor the question (context.siteId) names the site' };
  const metric = textIn(context, 'metric') ?? textOrNull(parsed.row.sle.name);
  if (metric === null) return { is: 'faulty', reason: 'sle.name is missing' };
  return { is: 'ours', record: detailOf(parsed.row, siteId, metric, context) };
}
