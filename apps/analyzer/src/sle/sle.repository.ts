import { UNASSIGNED_REGION, type EpochMs, type Severity } from '@app/domain';
import type { SleDetailRecord } from '@app/mist';
import type { Queryable } from '@app/shared';

/** One metric of one site at one poll, judged. */
export interface SleRow {
  readonly siteId: number;
  readonly metric: string;
  readonly at: EpochMs;
  readonly score: number | null;
  readonly severity: Severity;
  readonly title: string;
  readonly text: string;
  readonly numAps: number | null;
  readonly numClients: number | null;
  readonly windowFrom: EpochMs | null;
  readonly windowTo: EpochMs | null;
}

const date = (at: EpochMs | null): Date | null => (at === null ? null : new Date(at));
const byKey = (a: SleRow, b: SleRow): number => a.siteId - b.siteId || (a.metric < b.metric ? -1 : 1) || a.at - b.at;

/** Stores readings and judgements; of one site, metric and time the first stays, and only the newest is current. Returns the rows that are new or changed. */
export async function storeSle(db: Queryable, orgId: number, unsorted: readonly SleRow[], receivedAt: Date): Promise<SleRow[]> {
  const rows = [...unsorted].sort(byKey);
  const keys = [orgId, rows.map((row) => row.siteId), rows.map((row) => row.metric), rows.map((row) => date(row.at))];
  const scores = rows.map((row) => row.score);
  const aps = rows.map((row) => row.numAps);
  const clients = rows.map((row) => row.numClients);
  const stored = await db.query<{ site_id: number; metric: string; at: Date }>(
    `insert into sle_sample (org_id, site_id, metric, at, score, num_aps, num_clients, window_from, window_to, received_at)
     select $1, u.*, $10 from unnest($2::int[], $3::text[], $4::timestamptz[], $5::float8[], $6::int[], $7::int[], $8::timestamptz[], $9::timestamptz[]) as u
     on conflict (org_id, site_id, metric, at) do update set score = excluded.score, num_aps = excluded.num_aps,
       num_clients = excluded.num_clients, window_from = excluded.window_from, window_to = excluded.window_to, received_at = excluded.received_at
     where (sle_sample.score, sle_sample.num_aps, sle_sample.num_clients) is distinct from (excluded.score, excluded.num_aps, excluded.num_clients)
       and sle_sample.received_at <= excluded.received_at
     returning site_id, metric, at`,
    [...keys, scores, aps, clients, rows.map((row) => date(row.windowFrom)), rows.map((row) => date(row.windowTo)), receivedAt],
  );
  const judged = [rows.map((row) => row.severity), rows.map((row) => row.title), rows.map((row) => row.text)];
  const values = `select $1, u.* from unnest($2::int[], $3::text[], $4::timestamptz[], $5::float8[], $6::int[], $7::int[], $8::text[], $9::text[], $10::text[]) as u`;
  const columns = '(org_id, site_id, metric, at, score, num_aps, num_clients, severity, title, text)';
  const update = `score = excluded.score, num_aps = excluded.num_aps, num_clients = excluded.num_clients, severity = excluded.severity,
    title = excluded.title, text = excluded.text`;
  await db.query(
    `insert into insight ${columns} ${values} on conflict (org_id, site_id, metric, at) do update set ${update}
     where (insight.score, insight.severity, insight.text) is distinct from (excluded.score, excluded.severity, excluded.text)`,
    [...keys, scores, aps, clients, ...judged],
  );
  await db.query(
    `insert into site_sle ${columns}
     select distinct on (s.site, s.metric) $1, s.* from unnest($2::int[], $3::text[], $4::timestamptz[], $5::float8[], $6::int[], $7::int[],
       $8::text[], $9::text[], $10::text[]) as s (site, metric, at, score, aps, clients, severity, title, text)
     order by s.site, s.metric, s.at desc
     on conflict (org_id, site_id, metric) do update set at = excluded.at, ${update} where site_sle.at <= excluded.at`,
    [...keys, scores, aps, clients, ...judged],
  );
  const changed = new Set(stored.map(({ site_id, metric, at }) => `${site_id} ${metric} ${at.getTime()}`));
  return rows.filter(({ siteId, metric, at }) => changed.has(`${siteId} ${metric} ${at}`));
}

export interface CurrentSle {
  readonly siteId: number;
  readonly siteName: string;
  readonly metric: string;
  readonly at: EpochMs;
  readonly score: number | null;
  readonly severity: Severity;
  readonly text: string;
}

/** The newest judgements of these sites, all metrics; a removed site has none any more. */
export async function currentSle(db: Queryable, orgId: number, siteIds: readonly number[]): Promise<CurrentSle[]> {
  const rows = await db.query<Omit<CurrentSle, 'at'> & { at: Date }>(
    `select q.site_id as "siteId", coalesce(s.name, s.external_id) as "siteName", q.metric, q.at, q.score, q.severity, q.text
     from site_sle q join site s on s.org_id = q.org_id and s.id = q.site_id
     where q.org_id = $1 and q.site_id = any($2) and s.removed_at is null order by q.site_id, q.metric`,
    [orgId, siteIds],
  );
  return rows.map((row) => ({ ...row, at: row.at.getTime() }));
}

/** The newest answer about a metric's classifiers; an older window never replaces a newer. */
export async function storeSleDetail(
  db: Queryable,
  orgId: number,
  rows: readonly { siteId: number; at: EpochMs; record: SleDetailRecord; score: number | null; classifiers: unknown }[],
): Promise<void> {
  const sorted = [...rows].sort(
    (a, b) => a.siteId - b.siteId || (a.record.metric < b.record.metric ? -1 : 1) || b.record.windowTo - a.record.windowTo,
  );
  await db.query(
    `insert into sle_detail
       (org_id, site_id, metric, at, window_from, window_to, score, measured_value, measured_unit, impact, classifiers)
     select distinct on (u.site, u.metric) $1, u.* from unnest($2::int[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[],
       $7::float8[], $8::float8[], $9::text[], $10::jsonb[], $11::jsonb[]) as u (site, metric, at, wf, wt, score, value, unit, impact, classifiers)
     order by u.site, u.metric, u.wt desc
     on conflict (org_id, site_id, metric) do update set at = excluded.at, window_from = excluded.window_from, window_to = excluded.window_to,
       score = excluded.score, measured_value = excluded.measured_value, measured_unit = excluded.measured_unit, impact = excluded.impact,
       classifiers = excluded.classifiers
     where sle_detail.window_to <= excluded.window_to`,
    [
      orgId,
      sorted.map((row) => row.siteId),
      sorted.map((row) => row.record.metric),
      sorted.map((row) => new Date(row.at)),
      sorted.map((row) => new Date(row.record.windowFrom)),
      sorted.map((row) => new Date(row.record.windowTo)),
      sorted.map((row) => row.score),
      sorted.map((row) => row.record.measuredValue),
      sorted.map((row) => row.record.measuredUnit),
      sorted.map((row) => JSON.stringify(row.record.impact)),
      sorted.map((row) => JSON.stringify(row.classifiers)),
    ],
  );
}

/** What decides which thresholds a site has: its id, and its region and store type at a time. */
export interface SiteLayer {
  readonly externalId: string;
  readonly region: string;
  readonly storeType: string | null;
}

/** The layers of these sites at `at`: an attribute dated later does not decide yet. */
export async function siteLayers(
  db: Queryable,
  orgId: number,
  siteIds: readonly number[],
  at: EpochMs,
): Promise<Map<number, SiteLayer>> {
  const latest = (column: 'region' | 'store_type'): string =>
    `(select a.${column} from site_attribute a where a.org_id = s.org_id and a.site_id = s.id and a.${column} is not null and a.since <= $3
      order by a.source = 'configured' desc, a.since desc limit 1)`;
  const rows = await db.query<SiteLayer & { id: number }>(
    `select s.id, s.external_id as "externalId", coalesce(${latest('region')}, s.country_code, $4) as region, ${latest('store_type')} as "storeType"
     from site s where s.org_id = $1 and s.id = any($2)`,
    [orgId, siteIds, new Date(at), UNASSIGNED_REGION],
  );
  return new Map(rows.map((row) => [row.id, row]));
}
