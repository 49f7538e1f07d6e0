import type { DeviceEventRecord } from '@app/mist';
import type { EpochMs } from '@app/domain';
import { findAliasesOfGateways, type Queryable } from '@app/shared';
import { lastByKey } from '../inventory/inventory.repository.js';

export interface CircuitKey {
  readonly id: number;
  readonly siteId: number;
  /** What the port says from here on is no longer about the circuit; Infinity for the port that carries it today. */
  readonly untilMs: EpochMs;
}

/** Circuits of these gateways by `mac|port`; a port also answers to its WAN name. */
export async function findCircuits(db: Queryable, orgId: number, macs: readonly string[]): Promise<Map<string, CircuitKey>> {
  const rows = await db.query<{ id: number; mac: string; port_id: string; wan_name: string | null; site_id: number }>(
    'select id, mac, port_id, wan_name, site_id from circuit where org_id = $1 and mac = any($2)',
    [orgId, [...new Set(macs)]],
  );
  const byName = new Map<string, CircuitKey>();
  for (const { mac, portId, circuitId, siteId, untilMs } of await findAliasesOfGateways(db, orgId, macs))
    byName.set(`${mac}|${portId}`, { id: circuitId, siteId, untilMs });
  for (const row of rows) {
    const key = { id: row.id, siteId: row.site_id, untilMs: Infinity };
    if (row.wan_name !== null) byName.set(`${row.mac}|${row.wan_name}`, key);
  }
  for (const row of rows) byName.set(`${row.mac}|${row.port_id}`, { id: row.id, siteId: row.site_id, untilMs: Infinity });
  return byName;
}

const effectName = ({ effect }: DeviceEventRecord): string | null => {
  if (effect === null) return null;
  if (effect.of === 'port') return `port-${effect.state}`;
  return effect.connected ? 'connected' : 'disconnected';
};

export async function storeDeviceEvents(
  db: Queryable,
  orgId: number,
  records: readonly DeviceEventRecord[],
  receivedAt: Date,
): Promise<void> {
  const rows = lastByKey(records, (row) => `${row.mac}|${row.at}|${row.type}|${row.portId ?? ''}`);
  await db.query(
    `insert into device_event (org_id, mac, at, type, port_id, site_external_id, text, effect, received_at)
     select $1, u.*, $2 from unnest($3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[]) as u
     on conflict do nothing`,
    [
      orgId,
      receivedAt,
      rows.map((row) => row.mac),
      rows.map((row) => new Date(row.at)),
      rows.map((row) => row.type),
      rows.map((row) => row.portId ?? ''),
      rows.map((row) => row.siteId),
      rows.map((row) => row.text),
      rows.map(effectName),
    ],
  );
}

interface WanPort {
  readonly mac: string;
  readonly portId: string;
  readonly wanName: string | null;
  readonly provider: string | null;
  readonly isLte: boolean;
}

/** WAN names, and what Mist suggests of provider and role (LTE is a backup), of circuits that are known. Operators' figures stand above. Returns whose name changed. */
export async function storeWanNames(
  db: Queryable,
  orgId: number,
  ports: readonly WanPort[],
  observedAt: Date,
): Promise<number[]> {
  const rows = lastByKey(ports, (row) => `${row.mac}|${row.portId}`);
  if (rows.length === 0) return [];
  const keys = [orgId, rows.map((row) => row.mac), rows.map((row) => row.portId)];
  const renamed = await db.query<{ id: number }>(
    `update circuit c set wan_name = u.name from unnest($2::text[], $3::text[], $4::text[]) as u (mac, port, name)
     where c.org_id = $1 and c.mac = u.mac and c.port_id = u.port and u.name is not null and c.wan_name is distinct from u.name
     returning c.id`,
    [...keys, rows.map((row) => row.wanName)],
  );
  await db.query(
    `with told as (
       select c.id, u.name, u.provider, case when u.lte then 'secondary' end as role
       from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bool[]) as u (mac, port, name, provider, lte)
       join circuit c on c.org_id = $1 and c.mac = u.mac and c.port_id = u.port
       where u.provider is not null or u.lte or u.name is not null
     ), latest as (
       select distinct on (a.circuit_id) a.circuit_id, a.name, a.provider, a.role from circuit_attribute a
       join told t on t.id = a.circuit_id where a.org_id = $1 and a.source = 'mist' order by a.circuit_id, a.since desc
     )
     insert into circuit_attribute (org_id, circuit_id, source, since, name, provider, role)
     select $1, t.id, 'mist', case when l.circuit_id is null then '-infinity'::timestamptz else $7 end, t.name, t.provider, t.role
     from told t left join latest l on l.circuit_id = t.id
     where l.circuit_id is null or (t.name, t.provider, t.role) is distinct from (l.name, l.provider, l.role)
     on conflict (org_id, circuit_id, source, since) do update
       set name = excluded.name, provider = excluded.provider, role = excluded.role`,
    [...keys, rows.map((row) => row.wanName), rows.map((row) => row.provider), rows.map((row) => row.isLte), observedAt],
  );
  return renamed.map(({ id }) => id);
}
