import { isZone, type EpochMs } from '@app/domain';
import type { Queryable } from '@app/shared';
import { resolveSites } from '../inventory/inventory.repository.js';
import type { Cells } from './cells.js';
import type { KindDefinition } from './kind.js';

/** What a file says of a site from a date on; null = this row does not say. */
interface SiteRow {
  readonly siteId: string;
  readonly name: string | null;
  readonly timezone: string | null;
  readonly countryCode: string | null;
  readonly region: string | null;
  readonly storeType: string | null;
  /** Null = since ever. */
  readonly since: EpochMs | null;
}

function parseSite(cells: Cells): SiteRow {
  const timezone = cells.text('timezone');
  if (timezone !== null && !isZone(timezone)) {
    cells.fault('timezone', `${JSON.stringify(timezone)} is no time zone; use an IANA name such as Europe/Berlin`);
  }
  return {
    siteId: cells.id('site_id'),
    name: cells.text('name'),
    timezone,
    countryCode: cells.text('country_code'),
    region: cells.text('region'),
    storeType: cells.text('store_type'),
    since: cells.time('region_since'),
  };
}

const EVER = -Infinity;
const sinceOf = ({ since }: { readonly since: EpochMs | null }): number => since ?? EVER;

type Site = Pick<SiteRow, 'siteId' | 'name' | 'timezone' | 'countryCode'>;

/** Name, zone and country are not dated: the row of the latest period that says one counts. */
function undated(rows: readonly SiteRow[]): Site[] {
  const bySite = new Map<string, Site>();
  for (const row of [...rows].sort((a, b) => (sinceOf(a) === sinceOf(b) ? 0 : sinceOf(a) - sinceOf(b)))) {
    const known = bySite.get(row.siteId);
    bySite.set(row.siteId, {
      siteId: row.siteId,
      name: row.name ?? known?.name ?? null,
      timezone: row.timezone ?? known?.timezone ?? null,
      countryCode: row.countryCode ?? known?.countryCode ?? null,
    });
  }
  return [...bySite.values()].sort((a, b) => (a.siteId < b.siteId ? -1 : 1));
}

/** Returns the ids of sites that are new or changed. */
async function upsertSites(db: Queryable, orgId: number, sites: readonly Site[]): Promise<Set<string>> {
  const rows = await db.query<{ id: string }>(
    `insert into site as s (org_id, external_id, name, timezone, country_code)
     select $1, u.* from unnest($2::text[], $3::text[], $4::text[], $5::text[]) as u
     on conflict (org_id, external_id) do update set name = coalesce(excluded.name, s.name),
       timezone = coalesce(excluded.timezone, s.timezone), country_code = coalesce(excluded.country_code, s.country_code)
     where (s.name, s.timezone, s.country_code) is distinct from
       (coalesce(excluded.name, s.name), coalesce(excluded.timezone, s.timezone), coalesce(excluded.country_code, s.country_code))
     returning external_id as id`,
    [
      orgId,
      sites.map(({ siteId }) => siteId),
      sites.map(({ name }) => name),
      sites.map(({ timezone }) => timezone),
      sites.map(({ countryCode }) => countryCode),
    ],
  );
  return new Set(rows.map(({ id }) => id));
}

const periodKey = (siteId: string, since: EpochMs | null): string => `${String(since)} ${siteId}`;

/** One row per site and date: where several lines tell of the same, the last that says something counts. */
function periodsOf(rows: readonly SiteRow[]): SiteRow[] {
  const byKey = new Map<string, SiteRow>();
  for (const row of rows) {
    if (row.region === null && row.storeType === null) continue;
    const key = periodKey(row.siteId, row.since);
    const known = byKey.get(key);
    byKey.set(key, { ...row, region: row.region ?? known?.region ?? null, storeType: row.storeType ?? known?.storeType ?? null });
  }
  return [...byKey.values()];
}

/** Returns the keys of periods that are new or changed. */
async function upsertPeriods(db: Queryable, orgId: number, periods: readonly SiteRow[]): Promise<Set<string>> {
  const sites = await resolveSites(
    db,
    orgId,
    periods.map(({ siteId }) => siteId),
  );
  const rows = await db.query<{ site_id: number; since: number | null }>(
    `insert into site_attribute as a (org_id, site_id, source, since, region, store_type)
     select $1, u.site, 'configured', coalesce(to_timestamp(u.since / 1000), '-infinity'), u.region, u.store
     from unnest($2::int[], $3::float8[], $4::text[], $5::text[]) as u (site, since, region, store) order by u.site, u.since
     on conflict (org_id, site_id, source, since) do update set region = coalesce(excluded.region, a.region),
       store_type = coalesce(excluded.store_type, a.store_type)
     where (a.region, a.store_type) is distinct from (coalesce(excluded.region, a.region), coalesce(excluded.store_type, a.store_type))
     returning site_id, case when isfinite(since) then round(extract(epoch from since) * 1000)::float8 end as since`,
    [
      orgId,
      periods.map(({ siteId }) => sites.get(siteId) ?? null),
      periods.map(({ since }) => since),
      periods.map(({ region }) => region),
      periods.map(({ storeType }) => storeType),
    ],
  );
  const nameOf = new Map([...sites].map(([name, key]) => [key, name]));
  return new Set(rows.map(({ site_id, since }) => periodKey(nameOf.get(site_id) ?? '', since)));
}

export const SITES: KindDefinition<SiteRow> = {
  columns: ['site_id', 'name', 'timezone', 'region', 'region_since', 'store_type', 'country_code'],
  required: ['site_id'],
  parse: parseSite,
  timeOf: () => null,
  store: async (tx, { org }, rows) => {
    const changedSites = await upsertSites(tx, org.id, undated(rows));
    const changedPeriods = await upsertPeriods(tx, org.id, periodsOf(rows));
    return rows.filter(({ siteId, since }) => changedSites.has(siteId) || changedPeriods.has(periodKey(siteId, since))).length;
  },
};
