import { Inject, Injectable } from '@nestjs/common';
import {
  byWorsening,
  isSleMetric,
  scoreOfSlePeriod,
  trendsOf,
  type MetricTrend,
  type SleMetric,
  type TrendFigures,
  type TrendMetricId,
  type TrendWindows,
} from '@app/domain';
import { Database, SETTINGS, sleSums, wanFigures, type Settings, type WanTrendLevel } from '@app/shared';
import type { OrgScope } from '../access/org-scope.js';
import { TrendSubjects, type TrendSubject } from './subjects.repository.js';
import type { TrendLevel } from './trends.query.js';

export interface SubjectTrend {
  readonly level: TrendLevel;
  /** Tells subjects of a level apart; numbers for circuits and sites. */
  readonly key: string;
  readonly subject: TrendSubject;
  readonly trend: MetricTrend;
}

export interface AskedTrends {
  readonly level: TrendLevel;
  readonly metrics: readonly TrendMetricId[];
  readonly windows: TrendWindows;
  readonly siteKey: number | null;
  readonly circuitKey?: number;
}

interface Figures {
  readonly key: string;
  readonly now: TrendFigures;
  readonly before: TrendFigures;
}

/** Trends are made when they are asked for, from the hours of both windows: nothing can be out of date. */
@Injectable()
export class TrendsService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(TrendSubjects) private readonly subjects: TrendSubjects,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** Trends of every subject of a level, worst first. */
  async of(scope: OrgScope, asked: AskedTrends): Promise<SubjectTrend[]> {
    const { level, metrics } = asked;
    const [figures, subjects] = await Promise.all([this.figures(scope, asked), this.subjectsOf(scope, asked)]);
    const trends = figures.flatMap(({ key, now, before }) => {
      const subject = subjects === null ? { ...NOWHERE, id: key === '' ? scope.externalId : key } : subjects.get(key);
      if (subject === undefined) return [];
      return trendsOf(metrics, before, now, this.settings.trends.degradationPercent).map((trend) => ({
        level,
        key,
        subject,
        trend,
      }));
    });
    return trends.sort(worstFirst);
  }

  private figures(scope: OrgScope, asked: AskedTrends): Promise<Figures[]> {
    const { level, windows, siteKey, circuitKey } = asked;
    if (level === 'sle') return this.sleFigures(scope, asked);
    const only = circuitKey === undefined ? (siteKey === null ? undefined : { siteId: siteKey }) : { circuitId: circuitKey };
    return wanFigures(this.database, { orgId: scope.orgId, level, windows, ...(only === undefined ? {} : { only }) });
  }

  private async sleFigures(scope: OrgScope, { metrics, windows, siteKey }: AskedTrends): Promise<Figures[]> {
    const rows = await sleSums(this.database, {
      orgId: scope.orgId,
      metrics: metrics.filter((metric): metric is SleMetric => isSleMetric(metric)),
      periods: [windows.now, windows.before],
      ...(siteKey === null ? {} : { siteIds: [siteKey] }),
    });
    const bySite = new Map<number, [Record<string, number | null>, Record<string, number | null>]>();
    for (const { siteId, metric, period, sums } of rows) {
      const both = bySite.get(siteId) ?? [{}, {}];
      bySite.set(siteId, both);
      both[period === 0 ? 0 : 1][metric] = scoreOfSlePeriod(sums);
    }
    return [...bySite].map(([siteId, [now, before]]) => ({ key: String(siteId), now, before }));
  }

  private subjectsOf(
    scope: OrgScope,
    { level, siteKey, circuitKey }: AskedTrends,
  ): Promise<ReadonlyMap<string, TrendSubject> | null> {
    const ofLevel: Readonly<Record<WanTrendLevel | 'sle', () => Promise<ReadonlyMap<string, TrendSubject> | null>>> = {
      circuit: () => this.subjects.circuits(scope, siteKey, circuitKey ?? null),
      site: () => this.subjects.sites(scope, siteKey),
      sle: () => this.subjects.sites(scope, siteKey),
      region: () => Promise.resolve(null),
      org: () => Promise.resolve(null),
    };
    return ofLevel[level]();
  }
}

const NOWHERE: TrendSubject = { id: '', name: null, siteId: null, siteName: null };

/** Order of a list of trends; ties by metric, then by subject. */
export const worstFirst = (a: Ranked, b: Ranked): number =>
  byWorsening(a.trend, b.trend) || compare(a.trend.metric, b.trend.metric) || compareKeys(a.key, b.key);

/** What the order of a list depends on. */
export interface Ranked {
  readonly key: string;
  readonly trend: Pick<MetricTrend, 'direction' | 'worsenedPct'> & { readonly metric: string };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const compareKeys = (a: string, b: string): number =>
  /^\d+$/.test(a) && /^\d+$/.test(b) ? Number(a) - Number(b) : compare(a, b);
