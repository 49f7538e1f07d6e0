import {
  scoreOfSlePeriod,
  SLE_METRICS,
  type SleMetric,
  type SlePeriod,
  type SlePeriodModel,
  type SitePeriodScores,
} from '@app/domain';
import { orgSubject, thresholdsOf } from '../../config/circuit-thresholds.js';
import type { Settings } from '../../config/settings.js';
import type { Queryable } from '../database.js';
import { sleSums, toSlePeriod } from '../sle-sums.js';
import { reportFrame, type AskedReport, type ReportFrame } from './period.js';

const IDS: readonly SleMetric[] = SLE_METRICS.map(({ id }) => id);

type Scores = Partial<Record<SleMetric, SlePeriod>>;

async function siteScores(db: Queryable, orgId: number, { scope, siteKeys, places }: ReportFrame): Promise<SitePeriodScores[]> {
  const rows = await sleSums(db, {
    orgId,
    metrics: IDS,
    periods: [scope.before, scope.period],
    ...(siteKeys === null ? {} : { siteIds: siteKeys }),
  });
  const bySite = new Map<number, { before: Scores; now: Scores }>();
  for (const { siteId, metric, period, sums } of rows) {
    const scores = bySite.get(siteId) ?? { before: {}, now: {} };
    bySite.set(siteId, scores);
    scores[period === 0 ? 'before' : 'now'][metric] = sums;
  }
  return [...places.values()].flatMap(({ key, id, name, region }) => {
    const scores = bySite.get(key);
    return scores === undefined ? [] : [{ id, name, region, ...scores }];
  });
}

interface DayRow {
  readonly metric: SleMetric;
  readonly day: string;
  readonly hours: number;
  readonly weighed_hours: number;
  readonly weight: number;
  readonly weighed_sum: number;
  readonly plain_sum: number;
}

/** Scores of all sites together on each day. */
async function dailyScores(db: Queryable, orgId: number, { scope, siteKeys }: ReportFrame): Promise<SlePeriodModel['daily']> {
  const rows = await db.query<DayRow & { [column: string]: unknown }>(
    `select metric, to_char(start at time zone $5, 'YYYY-MM-DD') as day, sum(hours)::int as hours, sum(weighed_hours)::int as weighed_hours,
       sum(weight)::float8 as weight, sum(weighed_sum)::float8 as weighed_sum, sum(plain_sum)::float8 as plain_sum
     from site_sle_day where org_id = $1 and start >= $2 and start < $3 and ($4::int[] is null or site_id = any($4)) group by 1, 2`,
    [orgId, new Date(scope.period.from), new Date(scope.period.to), siteKeys, scope.zone],
  );
  const daily: Partial<Record<SleMetric, (number | null)[]>> = {};
  for (const { metric, day, ...sums } of rows) {
    const index = scope.days.indexOf(day);
    if (index < 0 || !IDS.includes(metric)) continue;
    (daily[metric] ??= scope.days.map(() => null))[index] = scoreOfSlePeriod(toSlePeriod(sums));
  }
  return daily;
}

/** How good the service levels of an organization, a region or a site were over a period. */
export async function loadSlePeriod(
  db: Queryable,
  asked: AskedReport,
  settings: Pick<Settings, 'thresholds' | 'orgs'>,
): Promise<SlePeriodModel> {
  const frame = await reportFrame(db, asked);
  const subject = orgSubject(frame.scope.org.id);
  return {
    ...frame.scope,
    sites: await siteScores(db, asked.orgId, frame),
    daily: await dailyScores(db, asked.orgId, frame),
    limits: Object.fromEntries(IDS.map((metric) => [metric, thresholdsOf(settings, metric, subject)])),
  };
}
