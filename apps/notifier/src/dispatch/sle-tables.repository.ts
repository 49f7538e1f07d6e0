import { classifierTitle, isSleMetric, SLE_METRICS, type Severity } from '@app/domain';
import type { Queryable } from '@app/shared';
import type { NotifiedClassifier, NotifiedMetric } from '../channels/notification.js';

interface ScoreRow {
  readonly metric: string;
  readonly siteName: string;
  readonly severity: Severity;
  readonly score: number | null;
  readonly classifiers: readonly unknown[] | null;
  readonly total: number;
}

/** The degraded service levels of these sites with their classifiers: per metric the `limit` worst sites. */
export async function readSleTables(
  db: Queryable,
  orgId: number,
  siteIds: readonly number[],
  limit: number,
): Promise<NotifiedMetric[]> {
  if (siteIds.length === 0) return [];
  const rows = await db.query<ScoreRow>(
    `select metric, "siteName", severity, score, classifiers, total from (
       select ss.metric, coalesce(s.name, s.external_id) as "siteName", ss.severity, ss.score, d.classifiers,
         count(*) over (partition by ss.metric) as total, row_number() over (partition by ss.metric order by ss.score, ss.site_id) as place
       from site_sle ss join site s on s.org_id = ss.org_id and s.id = ss.site_id
       left join sle_detail d on d.org_id = ss.org_id and d.site_id = ss.site_id and d.metric = ss.metric
       where ss.org_id = $1 and ss.site_id = any($2) and ss.severity in ('critical', 'major', 'warning')
     ) ranked where place <= $3 order by metric, place`,
    [orgId, siteIds, limit],
  );
  return SLE_METRICS.flatMap(({ id, title }) => {
    const ofMetric = rows.filter(({ metric }) => isSleMetric(metric) && metric === id);
    const [first] = ofMetric;
    if (first === undefined) return [];
    return [
      {
        title,
        total: first.total,
        rows: ofMetric.map(({ classifiers, siteName, severity, score }) => ({
          siteName,
          severity,
          score,
          classifiers: toClassifiers(classifiers ?? []),
        })),
      },
    ];
  });
}

const toClassifiers = (stored: readonly unknown[]): NotifiedClassifier[] =>
  stored.flatMap(toClassifier).sort((a, b) => b.degradedPct - a.degradedPct || (a.name < b.name ? -1 : 1));

const numberOf = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null);

/** A stored share; one that counted nothing has no percentage and is no data. */
function toClassifier(stored: unknown): NotifiedClassifier[] {
  if (typeof stored !== 'object' || stored === null) return [];
  const share = stored as Readonly<Record<string, unknown>>;
  const degradedPct = numberOf(share.degradedPct);
  if (typeof share.name !== 'string' || degradedPct === null) return [];
  return [{ name: classifierTitle(share.name), degradedPct, numUsers: numberOf(share.numUsers), numAps: numberOf(share.numAps) }];
}
