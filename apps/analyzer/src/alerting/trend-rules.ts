import { Inject, Injectable } from '@nestjs/common';
import {
  hourOf,
  isWanTrendMetric,
  isKpiId,
  ruleOfTrendMetric,
  severityOf,
  trendCondition,
  trendOf,
  trendWindows,
  worst,
  type AlertRuleId,
  type EpochMs,
  type Observation,
  type RuleInForce,
  type RuleMetric,
  type ThresholdMetric,
  type TrendFigures,
  type WanTrendMetricId,
} from '@app/domain';
import { Database, SETTINGS, thresholdsOf, wanFigures, type OrgRow, type Settings } from '@app/shared';
import { AlertingService } from './alerting.service.js';
import { placesOfCircuits, subjectAt, type RulePlace } from './rule-subjects.js';
import { RulesInForce } from './rules-in-force.js';

const PREFIX = 'trend:';
const isTrend = (metric: RuleMetric): boolean => metric.startsWith(PREFIX);
const trendMetricOf = (metric: RuleMetric): WanTrendMetricId | null => {
  const id = metric.slice(PREFIX.length);
  return isTrend(metric) && isWanTrendMetric(id) ? id : null;
};

interface Figures {
  readonly now: TrendFigures;
  readonly before: TrendFigures;
}

/** Rules about getting worse from one day to the next. Off unless the configuration asks for them: comparing every circuit reads two days of hours. */
@Injectable()
export class TrendRules {
  private readonly rules: RulesInForce;
  /** The hour up to which an org was compared last: once an hour is enough. */
  private readonly compared = new Map<number, EpochMs>();

  constructor(
    private readonly database: Database,
    private readonly alerting: AlertingService,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {
    this.rules = new RulesInForce(settings);
  }

  /** Returns how many changes people may hear of. */
  async judge(org: OrgRow, now: EpochMs): Promise<{ changed: number }> {
    const { book } = this.rules;
    const ids = book.ids.filter((id) => book.isAnywhere(id) && book.metricsOf(id).some(isTrend));
    const end = hourOf(now);
    if (ids.length === 0 || this.compared.get(org.id) === end) return { changed: 0 };
    const observations = await this.observations(org, ids, end);
    const { changed } = await this.database.transaction((tx) =>
      this.alerting.evaluate(tx, { orgId: org.id, now, correlationId: `close-hours-${org.id}`, observations }),
    );
    this.compared.set(org.id, end);
    return { changed };
  }

  private async observations(org: OrgRow, ids: readonly AlertRuleId[], end: EpochMs): Promise<Observation[]> {
    const asked = { orgId: org.id, level: 'circuit', windows: trendWindows(end, 'day') } as const;
    const figures = new Map((await wanFigures(this.database, asked)).map((each) => [Number(each.key), each]));
    const places = await placesOfCircuits(this.database, { orgId: org.id, externalOrgId: org.externalId, at: end }, [
      ...figures.keys(),
    ]);
    return [...places].flatMap(([circuitId, place]) =>
      ids.flatMap((id) => {
        const rule = this.rules.book.of(id, subjectAt(id, place));
        const own = figures.get(circuitId);
        // Where it does not hold, an alert that is open ends.
        const isAsked = rule.isEnabled || this.rules.book.isScoped(id);
        return isAsked && own !== undefined ? this.observationOf(rule, place, own, end) : [];
      }),
    );
  }

  private observationOf(rule: RuleInForce, place: RulePlace, { now, before }: Figures, at: EpochMs): Observation[] {
    const trends = rule.metrics.flatMap((metric) => {
      const id = trendMetricOf(metric);
      if (id === null) return [];
      const trend = trendOf(id, before[id] ?? null, now[id] ?? null, this.settings.trends.degradationPercent);
      return [{ trend, condition: trendCondition(trend, at, this.severityNow(id, trend.today, place)) }];
    });
    const bad = trends.filter(({ condition }) => condition.breached === true);
    const isKnown = trends.some(({ condition }) => condition.breached !== null);
    const [first] = bad;
    return [
      {
        rule: rule.id,
        subject: `circuit:${place.circuitId ?? 0}`,
        siteId: place.siteId,
        circuitId: place.circuitId,
        breached: bad.length > 0 ? true : isKnown ? false : null,
        severity: worst(bad.map(({ condition }) => condition.severity)),
        at,
        details: {
          siteName: place.siteName,
          circuitName: place.circuitName ?? '?',
          ...(first === undefined
            ? {}
            : { metric: kpiOfTrend(first.trend.metric), value: first.trend.today, before: first.trend.yesterday }),
        },
      },
    ];
  }

  private severityNow(id: WanTrendMetricId, value: number | null, { subject }: RulePlace): ReturnType<typeof severityOf> {
    const metric = kpiOfTrend(id);
    return severityOf(value, thresholdsOf(this.settings, metric, subject), ruleOfTrendMetric(id).worse);
  }
}

/** The KPI whose thresholds hold for a trend metric: that of its name up to the underscore. */
function kpiOfTrend(id: string): ThresholdMetric {
  const [kpi = id] = id.split('_');
  return isKpiId(kpi) ? kpi : 'utilization';
}
