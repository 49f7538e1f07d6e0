import type { DeviceRecord, SiteGroupRecord, SiteRecord } from '@app/mist';
import type { Queryable } from '@app/shared';

const column = <T, V>(rows: readonly T[], pick: (row: T) => V): V[] => rows.map(pick);

/** One row per key, the last one wins: a page may name a thing twice, and one INSERT may not. */
export function lastByKey<T>(rows: readonly T[], keyOf: (row: T) => string): T[] {
  return [...new Map(rows.map((row) => [keyOf(row), row])).values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

export async function upsertSites(db: Queryable, orgId: number, records: readonly SiteRecord[], observedAt: Date): Promise<void> {
  const rows = lastByKey(records, (row) => row.siteId);
  await db.query(
    `insert into site (org_id, external_id, name, timezone, country_code, sitegroup_ids, latitude, longitude, observed_at, gateway_template_id)
     select $1, u.id, u.name, u.timezone, u.country, coalesce(string_to_array(nullif(u.groups, ''), ','), '{}'), u.latitude, u.longitude, $2, u.template
     from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::float8[], $9::float8[], $10::text[])
       as u (id, name, timezone, country, groups, latitude, longitude, template)
     on conflict (org_id, external_id) do update set
       name = excluded.name, timezone = excluded.timezone, country_code = excluded.country_code,
       sitegroup_ids = excluded.sitegroup_ids, latitude = excluded.latitude, longitude = excluded.longitude,
       observed_at = excluded.observed_at, gateway_template_id = excluded.gateway_template_id, removed_at = null
     where site.observed_at is null or site.observed_at <= excluded.observed_at`,
    [
      orgId,
      observedAt,
      column(rows, (row) => row.siteId),
      column(rows, (row) => row.name),
      column(rows, (row) => row.timezone),
      column(rows, (row) => row.countryCode),
      column(rows, (row) => row.sitegroupIds.join(',')),
      column(rows, (row) => row.latitude),
      column(rows, (row) => row.longitude),
      column(rows, (row) => row.gatewayTemplateId),
    ],
  );
}

export async function upsertSiteGroups(db: Queryable, orgId: number, records: readonly SiteGroupRecord[]): Promise<void> {
  const rows = lastByKey(records, (row) => row.sitegroupId);
  await db.query(
    `insert into site_group (org_id, external_id, name) select $1, u.id, u.name from unnest($2::text[], $3::text[]) as u (id, name)
     on conflict (org_id, external_id) do update set name = excluded.name where site_group.name is distinct from excluded.name`,
    [orgId, column(rows, (row) => row.sitegroupId), column(rows, (row) => row.name)],
  );
}

/** Our keys of sites by the id people know; a site nobody listed yet is made without a name. */
export async function resolveSites(db: Queryable, orgId: number, externalIds: Iterable<string>): Promise<Map<string, number>> {
  const wanted = [...new Set(externalIds)].sort();
  const found = await findSites(db, orgId, wanted);
  const missing = wanted.filter((id) => !found.has(id));
  if (missing.length === 0) return found;
  await db.query(
    'insert into site (org_id, external_id) select $1, u.id from unnest($2::text[]) as u (id) on conflict do nothing',
    [orgId, missing],
  );
  return findSites(db, orgId, wanted);
}

async function findSites(db: Queryable, orgId: number, externalIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await db.query<{ id: number; external_id: string }>(
    'select id, external_id from site where org_id = $1 and external_id = any($2)',
    [orgId, externalIds],
  );
  return new Map(rows.map((row) => [row.external_id, row.id]));
}

export interface DeviceKey {
  readonly id: number;
  readonly mac: string;
  readonly siteId: number | null;
}

/**
 * Stores what a poll said of devices and returns their keys. A reading older than the stored one changes nothing; what it does not say keeps
 * its value.
 */
export async function upsertDevices(
  db: Queryable,
  orgId: number,
  records: readonly DeviceRecord[],
  observedAt: Date,
): Promise<Map<string, DeviceKey>> {
  const rows = lastByKey(records, (row) => row.mac);
  const sites = await resolveSites(
    db,
    orgId,
    rows.flatMap((row) => (row.siteId === null ? [] : [row.siteId])),
  );
  await db.query(
    `insert into device (org_id, mac, external_id, site_id, type, name, model, version, connected, connected_since, observed_at, ever_connected)
     select $1, u.mac, u.id, u.site, u.type, u.name, u.model, u.version, u.connected, $2, $2, coalesce(u.connected, false)
     from unnest($3::text[], $4::text[], $5::int[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bool[])
       as u (mac, id, site, type, name, model, version, connected)
     on conflict (org_id, mac) do update set
       external_id = coalesce(excluded.external_id, device.external_id), site_id = coalesce(excluded.site_id, device.site_id),
       type = excluded.type, name = coalesce(excluded.name, device.name), model = coalesce(excluded.model, device.model),
       version = coalesce(excluded.version, device.version), connected = coalesce(excluded.connected, device.connected),
       connected_since = case when excluded.connected is distinct from device.connected and excluded.connected is not null
         then excluded.observed_at else device.connected_since end,
       observed_at = excluded.observed_at, ever_connected = device.ever_connected or excluded.ever_connected
     where device.observed_at is null or device.observed_at <= excluded.observed_at`,
    [
      orgId,
      observedAt,
      column(rows, (row) => row.mac),
      column(rows, (row) => row.deviceId),
      column(rows, (row) => (row.siteId === null ? null : (sites.get(row.siteId) ?? null))),
      column(rows, (row) => row.type),
      column(rows, (row) => row.name),
      column(rows, (row) => row.model),
      column(rows, (row) => row.version),
      column(rows, (row) => row.connected),
    ],
  );
  return findDevices(
    db,
    orgId,
    rows.map((row) => row.mac),
  );
}

/** Keys of devices by mac; a gateway seen first through its ports or paths is made with what is known of it. */
export async function resolveGateways(
  db: Queryable,
  orgId: number,
  seen: readonly { mac: string; siteId: number | null }[],
): Promise<Map<string, DeviceKey>> {
  const rows = lastByKey(seen, (row) => row.mac);
  const macs = rows.map((row) => row.mac);
  const found = await findDevices(db, orgId, macs);
  const missing = rows.filter((row) => !found.has(row.mac));
  if (missing.length === 0) return found;
  await db.query(
    `insert into device (org_id, mac, site_id, type) select $1, u.mac, u.site, 'gateway' from unnest($2::text[], $3::int[]) as u (mac, site)
     on conflict do nothing`,
    [orgId, column(missing, (row) => row.mac), column(missing, (row) => row.siteId)],
  );
  return findDevices(db, orgId, macs);
}

async function findDevices(db: Queryable, orgId: number, macs: readonly string[]): Promise<Map<string, DeviceKey>> {
  const rows = await db.query<{ id: number; mac: string; site_id: number | null }>(
    'select id, mac, site_id from device where org_id = $1 and mac = any($2)',
    [orgId, macs],
  );
  return new Map(rows.map((row) => [row.mac, { id: row.id, mac: row.mac, siteId: row.site_id }]));
}

/** What events say of the connection of gateways to the cloud; an event older than the newest reading changes nothing. */
export async function noteConnectivity(
  db: Queryable,
  orgId: number,
  states: readonly { readonly deviceId: number; readonly at: number; readonly connected: boolean }[],
): Promise<void> {
  if (states.length === 0) return;
  await db.query(
    `update device d set connected = u.connected, connected_since = u.at, observed_at = u.at, ever_connected = d.ever_connected or u.connected
     from (select distinct on (s.device) s.* from unnest($2::int[], $3::timestamptz[], $4::bool[]) as s (device, at, connected)
           order by s.device, s.at desc) u
     where d.org_id = $1 and d.id = u.device and d.connected is distinct from u.connected and coalesce(d.observed_at, '-infinity') <= u.at`,
    [
      orgId,
      column(states, (state) => state.deviceId),
      column(states, (state) => new Date(state.at)),
      column(states, (state) => state.connected),
    ],
  );
}
