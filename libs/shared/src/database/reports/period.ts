import { bucketOf, bucketsBetween, UNASSIGNED_REGION, type EpochMs, type PeriodScope, type Span } from '@app/domain';
import type { Queryable } from '../database.js';
import { byTrust } from '../attribute-order.js';
import { siteRows } from '../current-state.rows.js';

/** What a report of a period is asked to be about. */
export interface AskedReport {
  readonly orgId: number;
  readonly now: EpochMs;
  /** The whole local days that these touch; absent: the seven days before today. */
  readonly from?: EpochMs;
  readonly to?: EpochMs;
  readonly region?: string;
  /** External id. */
  readonly site?: string;
}

/** Why a report cannot be made, by the field that is to blame. */
export class ReportRefused extends Error {
  constructor(
    readonly field: 'from' | 'to' | 'site' | 'region' | 'org',
    message: string,
  ) {
    super(message);
  }
}

const DEFAULT_DAYS = 7;
const MAX_DAYS = 400;
const HALF_DAY_MS = 12 * 3_600_000;
const DAY_MS = 2 * HALF_DAY_MS;

/** Beginning of the local day so many days before the one that begins then; noon is in the same day whatever the clocks do. */
const daysBefore = (start: EpochMs, days: number, zone: string): EpochMs =>
  bucketOf(start + HALF_DAY_MS - days * DAY_MS, 'day', zone).from;

/** Whole local days that are over. */
export function reportPeriod({ now, from, to }: Pick<AskedReport, 'now' | 'from' | 'to'>, zone: string): Span {
  const today = bucketOf(now, 'day', zone).from;
  const end = to === undefined ? today : bucketOf(to - 1, 'day', zone).to;
  if (end > today)
    throw new ReportRefused(
      'to',
      `to must lie before today begins (${new Date(today).toISOString()}): reports tell of days that are over`,
    );
  const start = from === undefined ? daysBefore(end, DEFAULT_DAYS, zone) : bucketOf(from, 'day', zone).from;
  if (start >= end) throw new ReportRefused('from', 'from must lie before to');
  if (end - start > MAX_DAYS * DAY_MS) throw new ReportRefused('from', `the period is at most ${String(MAX_DAYS)} days long`);
  return { from: start, to: end };
}

/** A site as reports name it, with the region it is in now. */
export interface ReportPlace {
  readonly key: number;
  readonly id: string;
  readonly name: string;
  readonly region: string;
}

export interface ReportFrame {
  readonly scope: PeriodScope;
  /** Sites that the report is about; `null` = all. */
  readonly siteKeys: readonly number[] | null;
  readonly places: ReadonlyMap<number, ReportPlace>;
  /** Region by which circuits are narrowed, as of the time. */
  readonly region: string | null;
  readonly siteKey: number | null;
}

/** A site that was removed, for periods in which it was still there. */
async function removedPlace(db: Queryable, { orgId, now, site }: AskedReport, from: EpochMs): Promise<ReportPlace | null> {
  if (site === undefined || site.includes('\0')) return null;
  const [row] = await db.query<{ key: number; id: string; name: string; region: string | null }>(
    `select s.id as key, s.external_id as id, coalesce(s.name, s.external_id) as name, coalesce((select t.region from site_attribute t
       where t.org_id = s.org_id and t.site_id = s.id and t.since <= $4 and t.region is not null order by ${byTrust('t.source')}, t.since desc limit 1),
       nullif(s.country_code, '')) as region
     from site s where s.org_id = $1 and s.external_id = $2 and s.removed_at > $3`,
    [orgId, site, new Date(from), new Date(now)],
  );
  return row === undefined ? null : { ...row, region: row.region ?? UNASSIGNED_REGION };
}

/** The period and what belongs to it. */
export async function reportFrame(db: Queryable, asked: AskedReport): Promise<ReportFrame> {
  const [org] = await db.query<{ id: string; name: string | null; zone: string }>(
    `select o.external_id as id, o.name, coalesce(r.timezone, o.reporting_timezone) as zone
     from org o left join rollup_state r on r.org_id = o.id where o.id = $1`,
    [asked.orgId],
  );
  if (org === undefined) throw new ReportRefused('org', 'there is no such organization');
  const { zone } = org;
  const rows = await siteRows(db, { orgId: asked.orgId, now: new Date(asked.now) });
  const places = new Map(
    rows.map((row): [number, ReportPlace] => [
      row.id,
      {
        key: row.id,
        id: row.externalId,
        name: row.name ?? row.externalId,
        region: row.region ?? (row.countryCode || UNASSIGNED_REGION),
      },
    ]),
  );
  const period = reportPeriod(asked, zone);
  const isLive = [...places.values()].some(({ id }) => id === asked.site);
  const removed = isLive ? null : await removedPlace(db, asked, period.from);
  if (removed !== null) places.set(removed.key, removed);
  const all = [...places.values()];
  const site = asked.site === undefined ? null : (all.find(({ id }) => id === asked.site) ?? null);
  if (asked.site !== undefined && site === null) throw new ReportRefused('site', 'there is no such site');
  const region = asked.region ?? null;
  const chosen = all.filter((place) => (region === null || place.region === region) && (site === null || place.key === site.key));
  const days = bucketsBetween(period.from, period.to, 'day', zone);
  return {
    scope: {
      org: { id: org.id, name: org.name ?? org.id },
      period,
      before: { from: daysBefore(period.from, days.length, zone), to: period.from },
      zone,
      days: days.map(({ key }) => key),
      region,
      site: site?.name ?? null,
    },
    siteKeys: region === null && site === null ? null : chosen.map(({ key }) => key),
    places,
    region,
    siteKey: site?.key ?? null,
  };
}
