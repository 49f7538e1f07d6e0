import { type Interval, overlapMs, spanAt } from '../physics/intervals.js';
import { loadShape, referenceWeekMs } from '../physics/load.js';
import type { SiteTimeline } from '../physics/site-timeline.js';
import { unit } from '../random.js';
import type { Scenario } from '../scenario/scenario.js';
import type { Site, World } from '../world/nouns.js';
import type { SleMetric } from './metrics.js';

export const HOUR_MS = 3_600_000;
/** The cloud's figures run behind its clock. */
const BEHIND_MS = 8 * 60_000;

/** Minutes of one site, metric and UTC hour, in the unit of the metric. */
export interface SleHour {
  readonly total: number;
  readonly degraded: number;
  readonly scripted: number;
}

/** Service levels as a function of (seed, scenario, time). */
export class SleModel {
  constructor(
    private readonly world: World,
    private readonly scenario: Scenario,
  ) {}

  /** The hour that starts at `hourMs` as known at `knownAtMs`; null before anything is known of it. */
  hourOf(site: Site, metric: SleMetric, at: { hourMs: number; knownAtMs: number }): SleHour | null {
    const known = Math.min(1, (at.knownAtMs - BEHIND_MS - at.hourMs) / HOUR_MS);
    if (known <= 0) return null;
    const timeline = this.scenario.timelineOf(site);
    const hour = { fromMs: at.hourMs, toMs: at.hourMs + HOUR_MS };
    const cutShare = overlapMs(timeline.cutOffs, hour) / HOUR_MS;
    const total = known * this.minutesOf(site, metric, { hourMs: at.hourMs, cutShare });
    const ordinary = this.ordinaryLoss(site, metric, at.hourMs);
    const scripted = Math.min(1 - ordinary, scriptedLoss(metric, timeline, { hour, cutShare }));
    return { total, degraded: total * (ordinary + scripted), scripted: total * scripted };
  }

  /** Success over every hour the window touches, 0..1; null when nothing was measured. */
  scoreOf(site: Site, metric: SleMetric, window: Interval & { readonly knownAtMs: number }): number | null {
    let [total, degraded] = [0, 0];
    for (let hourMs = Math.floor(window.fromMs / HOUR_MS) * HOUR_MS; hourMs < window.toMs; hourMs += HOUR_MS) {
      const hour = this.hourOf(site, metric, { hourMs, knownAtMs: window.knownAtMs });
      total += hour?.total ?? 0;
      degraded += hour?.degraded ?? 0;
    }
    return total > 0 ? (total - degraded) / total : null;
  }

  /** Loss per classifier; the parts sum to `degraded`. */
  partsOf(site: Site, metric: SleMetric, hour: SleHour): readonly number[] {
    const weights = metric.classifiers.map((_, index) =>
      Math.max(0, unit(this.world.seed, site.orgNumber, site.number, metric.number, index, 81) - 0.3),
    );
    const sum = weights.reduce((a, b) => a + b, 0);
    const ordinary = hour.degraded - hour.scripted;
    return metric.classifiers.map((name, index) => {
      const share = sum > 0 ? (weights[index] ?? 0) / sum : index === 0 ? 1 : 0;
      return ordinary * share + (name === metric.blamed ? hour.scripted : 0);
    });
  }

  clientsAt(site: Site, atMs: number): number {
    return Math.round(site.clients * this.presence(site, atMs));
  }

  private presence(site: Site, atMs: number): number {
    return 0.15 + 0.85 * loadShape(atMs - referenceWeekMs(this.world.startAtMs) + site.offsetMs);
  }

  private minutesOf(site: Site, metric: SleMetric, at: { hourMs: number; cutShare: number }): number {
    if (metric.family === 'wifi' && site.aps.length === 0) return 0;
    if (metric.minutes === 'ap-minutes') return site.aps.length * 60;
    if (metric.key === 'gateway-health') return 60;
    const heard = 1 - at.cutShare;
    if (metric.minutes === 'gateway-minutes') return site.circuits.length * 60 * heard;
    return site.clients * this.presence(site, at.hourMs + HOUR_MS / 2) * 60 * heard;
  }

  private ordinaryLoss(site: Site, metric: SleMetric, hourMs: number): number {
    const hour = hourMs / HOUR_MS;
    const chance = unit(this.world.seed, site.orgNumber, site.number, metric.number, hour, 82);
    const weak = site.weakMetric === metric.key ? 0.16 + 0.18 * chance : 0;
    const quiet = metric.minutes === 'user-minutes' ? 0.004 + 0.035 * chance * chance : 0.002 * chance;
    return quiet + weak;
  }
}

const scriptedLoss = (metric: SleMetric, timeline: SiteTimeline, at: { hour: Interval; cutShare: number }): number => {
  const { hour, cutShare } = at;
  if (metric.minutes === 'ap-minutes' || metric.key === 'gateway-health') return cutShare;
  if (metric.key === 'wan-link-health') {
    const downs = timeline.circuits.map((course) => overlapMs(course.downs, hour) / HOUR_MS);
    return downs.reduce((a, b) => a + b, 0) / Math.max(1, downs.length);
  }
  if (metric.key === 'application_health') return applicationLoss(timeline, hour);
  if (metric.key !== 'time-to-connect' && metric.key !== 'successful-connect') return 0;
  return timeline.dhcp.reduce((loss, span) => loss + (span.lossShare * overlapMs([span], hour)) / HOUR_MS, 0);
};

/** Half of what runs over a circuit fuller than nine tenths suffers. */
const applicationLoss = (timeline: SiteTimeline, hour: Interval): number => {
  const middleMs = (hour.fromMs + hour.toMs) / 2;
  const full = timeline.circuits.some((course) => {
    const congested = spanAt(course.congestions, middleMs);
    return congested !== null && course.traffic.rx.rateBps(middleMs) > 0.9 * course.circuit.downMbps * 1e6;
  });
  return full ? 0.5 : 0;
};
