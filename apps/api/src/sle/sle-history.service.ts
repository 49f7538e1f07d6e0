import { Inject, Injectable } from '@nestjs/common';
import {
  firstHourIn,
  HOUR_MS,
  mergeSlePeriods,
  NO_SLE_PERIOD,
  scoreOfSlePeriod,
  type SleMetric,
  type SlePeriod,
  type Span,
} from '@app/domain';
import { Database, sleDays, sleHours, sleSums } from '@app/shared';
import type { OrgScope } from '../access/org-scope.js';
import { orNull, sometimes, timeOf } from '../http/answers.js';
import { chooseBuckets, type GrainChoice } from '../series/grain.js';
import { SiteKeys, type SiteKey } from './site-key.js';

interface AskedPeriod extends Span {
  readonly grain: GrainChoice;
}

const minutes = (weight: number): number => Math.round(weight * 1000) / 1000;

/** A bucket without data is a point all the same, with nulls. */
const pointOf = ({ from, to }: Span, sums: SlePeriod | undefined) => ({
  start: timeOf(from),
  end: timeOf(to),
  score: sums === undefined ? null : scoreOfSlePeriod(sums),
  hours: sums?.hours ?? 0,
  user_minutes: sums === undefined || sums.weighedHours === 0 ? null : minutes(sums.weight),
});

export const SLE_POINT_EXAMPLE = {
  start: '2026-03-01T00:00:00Z',
  end: '2026-03-02T00:00:00Z',
  score: orNull(0.9417),
  hours: 24,
  user_minutes: orNull(28_800),
  num_aps: sometimes(orNull(4)),
  num_clients: sometimes(orNull(20)),
};

@Injectable()
export class SleHistoryService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(SiteKeys) private readonly sites: SiteKeys,
  ) {}

  /** One service level of one site over time. Hours are those that start in the period; wider buckets are whole. */
  async series(scope: OrgScope, site: SiteKey, metric: SleMetric, asked: AskedPeriod) {
    const period = { from: firstHourIn(asked.from), to: firstHourIn(asked.to) };
    const { grain, buckets } = chooseBuckets({ ...period, grain: asked.grain, zone: site.timezone });
    const points =
      grain === 'hour' ? await this.hourPoints(scope, site, metric, period) : await this.dayPoints(scope, site, metric, buckets);
    return { grain, points };
  }

  private async hourPoints(scope: OrgScope, site: SiteKey, metric: SleMetric, period: Span) {
    const rows = await sleHours(this.database, { orgId: scope.orgId, siteId: site.key, metric, period });
    const byHour = new Map(rows.map((row) => [row.hour, row]));
    const points = [];
    for (let hour = period.from; hour < period.to; hour += HOUR_MS) {
      const row = byHour.get(hour);
      points.push({
        start: timeOf(hour),
        end: timeOf(hour + HOUR_MS),
        score: row?.score ?? null,
        hours: row === undefined || row.score === null ? 0 : 1,
        user_minutes: row?.totalMinutes ?? null,
        num_aps: row?.numAps ?? null,
        num_clients: row?.numClients ?? null,
      });
    }
    return points;
  }

  private async dayPoints(scope: OrgScope, site: SiteKey, metric: SleMetric, buckets: readonly Span[]) {
    const [first, last] = [buckets[0], buckets.at(-1)];
    if (first === undefined || last === undefined) return [];
    const period = { from: first.from, to: last.to };
    const days = await sleDays(this.database, { orgId: scope.orgId, siteIds: [site.key], metrics: [metric], period });
    let next = 0;
    return buckets.map((bucket) => {
      let sums: SlePeriod | undefined;
      for (let day = days[next]; day !== undefined && day.start < bucket.to; day = days[++next])
        sums = mergeSlePeriods(sums ?? NO_SLE_PERIOD, day.sums);
      return pointOf(bucket, sums);
    });
  }

  /** Sites by their score over a period, the worst first; those without data are left out. */
  async worstSites(scope: OrgScope, metric: SleMetric, asked: Span, limit: number) {
    const period = { from: firstHourIn(asked.from), to: firstHourIn(asked.to) };
    const [rows, names] = await Promise.all([
      sleSums(this.database, { orgId: scope.orgId, metrics: [metric], periods: [period] }),
      this.sites.names(scope),
    ]);
    const scored = rows.map(({ siteId, sums }) => ({ siteId, sums, score: scoreOfSlePeriod(sums) ?? 1 }));
    scored.sort((a, b) => a.score - b.score || a.siteId - b.siteId);
    return scored.slice(0, limit).map(({ siteId, sums, score }, index) => ({
      rank: index + 1,
      site_id: names.get(siteId)?.id ?? null,
      site_name: names.get(siteId)?.name ?? null,
      score,
      hours: sums.hours,
      user_minutes: sums.weighedHours === 0 ? null : minutes(sums.weight),
    }));
  }
}
