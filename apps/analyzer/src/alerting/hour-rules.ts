import { Inject, Injectable } from '@nestjs/common';
import {
  circuitSeries,
  DEFAULT_THRESHOLDS,
  HOUR_MS,
  hourObservations,
  hourOf,
  HOURLY_KPIS,
  isKpiId,
  isSleMetric,
  JUDGED_HOURS,
  leastAtOrAbove,
  LEVELS,
  type AlertRuleId,
  type EpochMs,
  type HourlyKpi,
  type HourSeries,
  type RuledHour,
  type RuleInForce,
  type RuleMetric,
  type ThresholdMetric,
  type Thresholds,
} from '@app/domain';
import { Database, SETTINGS, thresholdsOf, type OrgRow, type Settings } from '@app/shared';
import { AlertingService, type RuledSubject } from './alerting.service.js';
import { DayRules } from './day-rules.js';
import {
  circuitsWithBadHours,
  hoursOf,
  hoursOfCircuits,
  liveCircuits,
  openAlertsOf,
  scoresOfSites,
  type Floors,
  type OpenOfRule,
} from './hour-rules.repository.js';
import { placesOfCircuits, placesOfSites, subjectAt, type RulePlace } from './rule-subjects.js';
import { RulesInForce } from './rules-in-force.js';

/** Only what was bad within these hours can begin an alert now. */
const RECENT_HOURS = 6;
/** Circuits judged in one transaction. */
const CHUNK = 500;

const isCircuitMetric = (metric: RuleMetric): boolean => isKpiId(metric);
const isSiteMetric = (metric: RuleMetric): boolean => isSleMetric(metric);

/** Rules about closed hours: congestion, quality, and those of the configuration. Judged whenever hours are closed, all hours that may have changed. */
@Injectable()
export class HourRules {
  private readonly rules: RulesInForce;

  constructor(
    private readonly database: Database,
    private readonly alerting: AlertingService,
    private readonly dayRules: DayRules,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {
    this.rules = new RulesInForce(settings);
  }

  /** Returns how many changes people may hear of. */
  async judge(org: OrgRow, now: EpochMs): Promise<{ changed: number }> {
    const ofCircuits = await this.judgeCircuits(org, now);
    const ofSites = await this.judgeSites(org, now);
    const { changed } = await this.dayRules.judge(org, now);
    return { changed: ofCircuits + ofSites + changed };
  }

  private rulesAbout(isAsked: (metric: RuleMetric) => boolean): AlertRuleId[] {
    const { book } = this.rules;
    return book.ids.filter((id) => book.isAnywhere(id) && book.metricsOf(id).some(isAsked));
  }

  private async judgeCircuits(org: OrgRow, now: EpochMs): Promise<number> {
    const ids = this.rulesAbout(isCircuitMetric);
    if (ids.length === 0) return 0;
    const open = await openAlertsOf(this.database, org.id, ids);
    const circuitIds = await this.candidates(org.id, ids, open, now);
    let changed = 0;
    for (let from = 0; from < circuitIds.length; from += CHUNK)
      changed += await this.judgeChunk(org, { ids, open, circuitIds: circuitIds.slice(from, from + CHUNK), now });
    return changed;
  }

  /** Circuits that may be bad now, and those with an open alert. */
  private async candidates(
    orgId: number,
    ids: readonly AlertRuleId[],
    open: readonly OpenOfRule[],
    now: EpochMs,
  ): Promise<number[]> {
    const asked = ids.flatMap((id) => this.rules.book.definitionsOf(id));
    const isSilenceAsked = asked.some(({ noData }) => noData === 'alert');
    const hours = Math.max(RECENT_HOURS, this.longestTrail(ids));
    const span = { from: hourOf(now) - hours * HOUR_MS, to: hourOf(now) };
    const bad = isSilenceAsked
      ? await liveCircuits(this.database, orgId)
      : await circuitsWithBadHours(this.database, orgId, span, this.floors(ids));
    return [...new Set([...bad, ...open.flatMap(({ circuitId }) => circuitId ?? [])])].sort((a, b) => a - b);
  }

  private longestTrail(ids: readonly AlertRuleId[]): number {
    return Math.max(1, ...ids.flatMap((id) => this.rules.book.definitionsOf(id)).map(({ trailingHours = 1 }) => trailingHours));
  }

  private floors(ids: readonly AlertRuleId[]): Floors {
    const metrics = ids.flatMap((id) => this.rules.book.metricsOf(id));
    const floorOf = (kpi: HourlyKpi): number => {
      const about = ids.filter((id) => this.rules.book.metricsOf(id).includes(kpi));
      const own = about.flatMap((id) => this.rules.book.definitionsOf(id));
      const given = own.flatMap(({ thresholds = {} }) => LEVELS.flatMap((level) => thresholds[level] ?? []));
      const least = Math.min(DEFAULT_THRESHOLDS[kpi].major, ...this.overriddenMajors(kpi), ...given);
      return leastAtOrAbove(least);
    };
    const [utilization, loss, jitter, latency] = HOURLY_KPIS.map(floorOf);
    const isDownAsked = metrics.includes('availability') || metrics.includes('flaps');
    return { utilization: utilization ?? 0, loss: loss ?? 0, jitter: jitter ?? 0, latency: latency ?? 0, isDownAsked };
  }

  private overriddenMajors(kpi: HourlyKpi): number[] {
    const { default: all, ...layers } = this.settings.thresholds;
    const sets = [all, ...Object.values(layers).flatMap((byKey) => Object.values(byKey))];
    return sets.flatMap((set) => set[kpi]?.major ?? []);
  }

  private async judgeChunk(
    org: OrgRow,
    {
      ids,
      open,
      circuitIds,
      now,
    }: { ids: readonly AlertRuleId[]; open: readonly OpenOfRule[]; circuitIds: readonly number[]; now: EpochMs },
  ): Promise<number> {
    const judgedFrom = hourOf(now) - JUDGED_HOURS * HOUR_MS;
    const span = { from: judgedFrom - (this.longestTrail(ids) - 1) * HOUR_MS, to: hourOf(now) };
    const places = await placesOfCircuits(this.database, { orgId: org.id, externalOrgId: org.externalId, at: now }, circuitIds);
    const hours = await hoursOfCircuits(this.database, org.id, circuitIds, span);
    const isOpen = new Set(open.map(({ rule, circuitId }) => `${rule} ${circuitId ?? ''}`));
    const judged = circuitIds.flatMap((circuitId) =>
      ids.flatMap((rule) => {
        const place = places.get(circuitId);
        if (place === undefined) return isOpen.has(`${rule} ${circuitId}`) ? [gone(rule, circuitId, open)] : [];
        const inForce = this.rules.book.of(rule, subjectAt(rule, place));
        if (!inForce.isEnabled) return isOpen.has(`${rule} ${circuitId}`) ? [{ ...subjectOf(inForce, place), timing: null }] : [];
        const series = circuitSeries(hours.get(circuitId) ?? NO_HOURS, inForce);
        return [this.ruled(inForce, place, series, { from: judgedFrom, to: hourOf(now) })];
      }),
    );
    return this.write(org, judged, now);
  }

  private ruled(rule: RuleInForce, place: RulePlace, series: HourSeries, span: { from: EpochMs; to: EpochMs }): RuledSubject {
    const limits = (metric: ThresholdMetric): Thresholds => thresholdsOf(this.settings, metric, place.subject);
    const hours = hourObservations(rule, series, { hours: hoursOf(span), thresholdsOf: limits });
    return { ...subjectOf(rule, place), hours, timing: rule.timing };
  }

  private async judgeSites(org: OrgRow, now: EpochMs): Promise<number> {
    const ids = this.rulesAbout(isSiteMetric);
    if (ids.length === 0) return 0;
    const metrics = [...new Set(ids.flatMap((id) => this.rules.book.metricsOf(id)).filter(isSiteMetric))];
    const span = { from: hourOf(now) - JUDGED_HOURS * HOUR_MS, to: hourOf(now) };
    const scores = await scoresOfSites(this.database, org.id, { metrics, span });
    const open = await openAlertsOf(this.database, org.id, ids);
    const isOpen = new Set(open.map(({ rule, siteId }) => `${rule} ${siteId ?? ''}`));
    const asked = [...new Set([...scores.keys(), ...open.flatMap(({ siteId }) => siteId ?? [])])];
    const places = await placesOfSites(this.database, { orgId: org.id, externalOrgId: org.externalId, at: now }, asked);
    const judged = [...places].flatMap(([siteId, place]) =>
      ids.flatMap((rule) => {
        const inForce = this.rules.book.of(rule, subjectAt(rule, place));
        if (!inForce.isEnabled) return isOpen.has(`${rule} ${siteId}`) ? [{ ...subjectOf(inForce, place), timing: null }] : [];
        const about = inForce.metrics.filter((metric): metric is ThresholdMetric => isSiteMetric(metric));
        const series = new Map(about.map((metric) => [metric, scores.get(siteId)?.get(metric) ?? new Map<EpochMs, number>()]));
        return [this.ruled(inForce, place, series, span)];
      }),
    );
    return this.write(org, judged, now);
  }

  private async write(org: OrgRow, judged: readonly RuledSubject[], now: EpochMs): Promise<number> {
    if (judged.length === 0) return 0;
    const writing = { orgId: org.id, now, correlationId: `close-hours-${org.id}` };
    const { changed } = await this.database.transaction((tx) => this.alerting.judge(tx, writing, judged));
    return changed;
  }
}

const NO_HOURS: readonly RuledHour[] = [];

function subjectOf({ id, name, runbookUrl }: RuleInForce, place: RulePlace): Omit<RuledSubject, 'timing'> {
  const { siteId, siteName, circuitId, circuitName } = place;
  return {
    hours: [],
    subject: {
      rule: id,
      subject: circuitId === null ? `site:${siteId}` : `circuit:${circuitId}`,
      siteId,
      circuitId,
      details: {
        siteName,
        ...(circuitName === null ? {} : { circuitName }),
        ...(name === null ? {} : { ruleName: name }),
        ...(runbookUrl === null ? {} : { runbookUrl }),
      },
    },
  };
}

/** An alert of a circuit that is none any more: its port was disabled, or its site removed. */
function gone(rule: AlertRuleId, circuitId: number, open: readonly OpenOfRule[]): RuledSubject {
  const known = open.find((each) => each.rule === rule && each.circuitId === circuitId);
  const subject = `circuit:${circuitId}`;
  return {
    subject: { rule, subject, siteId: known?.siteId ?? null, circuitId, details: { siteName: known?.siteName ?? subject } },
    hours: [],
    timing: null,
  };
}
