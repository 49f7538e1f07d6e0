import type { EpochMs } from '@app/domain';
import type { Queryable } from '@app/shared';
import type { FactsInput } from './facts.types.js';
import type { Touch } from './work.js';
import { epochMs, instant, msOf } from './sql-time.js';

interface TouchRow {
  readonly circuit: number;
  readonly from_ms: number;
  readonly to_ms: number;
}

const toTouch = (row: TouchRow): Touch => ({ circuitId: row.circuit, from: msOf(row.from_ms), to: msOf(row.to_ms) });

/** Circuits whose quality these peer paths may tell: by port, or by a WAN name the port has or had. */
export async function touchesOfPaths(db: Queryable, orgId: number, paths: FactsInput['pathSamples']): Promise<Touch[]> {
  if (paths.length === 0) return [];
  const rows = await db.query<TouchRow>(
    `with told as (select u.device, u.port, min(u.at) as first, max(u.at) as last from unnest($2::int[], $3::text[], $4::float8[]) as u (device, port, at) group by 1, 2, floor(u.at / 3600000))
     select c.id as circuit, t.first as from_ms, t.last as to_ms from told t
     join device d on d.org_id = $1 and d.id = t.device
     join circuit c on c.org_id = $1 and c.mac = d.mac and (t.port in (c.port_id, c.wan_name) or exists (
       select 1 from circuit_attribute a where a.org_id = $1 and a.circuit_id = c.id and a.source = 'mist' and a.name = t.port))`,
    [orgId, paths.map((row) => row.deviceId), paths.map((row) => row.portName), paths.map((row) => row.sample.at)],
  );
  return rows.map((row) => ({ ...toTouch(row), isLocal: true }));
}

/** Circuits of gateways whose cut-offs these readings change, from the reading to the next one. Most readings change nothing. */
export async function touchesOfDeviceStates(
  db: Queryable,
  orgId: number,
  { deviceStates, now }: Pick<FactsInput, 'deviceStates' | 'now'>,
): Promise<Touch[]> {
  if (deviceStates.length === 0) return [];
  const rows = await db.query<TouchRow>(
    `select c.id as circuit, u.at as from_ms, coalesce(${epochMs('n.at')}, greatest($5::float8, u.at)) as to_ms
     from unnest($2::int[], $3::float8[], $4::bool[]) as u (device, at, connected)
     left join lateral (select at, connected from device_state where org_id = $1 and device_id = u.device and at < ${instant('u.at')} order by at desc, connected desc limit 1) p on true
     left join lateral (select at, connected from device_state where org_id = $1 and device_id = u.device and at > ${instant('u.at')} order by at, connected desc limit 1) n on true
     join device d on d.org_id = $1 and d.id = u.device cross join lateral (
       select c.id from circuit c where c.org_id = $1 and c.mac = d.mac
       union all select a.circuit_id from circuit_alias a where a.org_id = $1 and a.mac = d.mac and a.released_at is null and a.until > ${instant('u.at')}) c
     where u.connected <> coalesce(p.connected, true)
       or exists (select 1 from device_state x where x.org_id = $1 and x.device_id = u.device and x.at = ${instant('u.at')} and x.connected <> u.connected)`,
    [
      orgId,
      deviceStates.map((row) => row.deviceId),
      deviceStates.map((row) => row.at),
      deviceStates.map((row) => row.connected),
      now,
    ],
  );
  return rows.map(toTouch);
}

/** Live circuits whose event state was held in a blind spell that these reads shorten. Reads of the running hour change no fact. */
export async function touchesOfReads(
  db: Queryable,
  orgId: number,
  reads: readonly EpochMs[],
  { closedUntil, maxGapMs }: { closedUntil: EpochMs; maxGapMs: number },
): Promise<Touch[]> {
  const late = reads.filter((at) => at < closedUntil);
  if (late.length === 0) return [];
  const rows = await db.query<TouchRow>(
    `with seen as (
       select u.at, (select max(at) from feed_read where org_id = $1 and at < ${instant('u.at')}) as previous,
         (select min(at) from feed_read where org_id = $1 and at > ${instant('u.at')}) as next
       from unnest($2::float8[]) as u (at)
     ), split as (
       select u.at, coalesce(${epochMs('u.next')}, $3::float8) as until from seen u
       where coalesce(${epochMs('u.next')}, $3::float8) - coalesce(${epochMs('u.previous')}, -1e15) > $4::float8
     )
     select c.id as circuit, s.at as from_ms, s.until as to_ms from split s join circuit c on c.org_id = $1 and c.is_live
     where exists (select 1 from port_event e where e.org_id = $1 and e.circuit_id = c.id and e.at <= ${instant('s.until')})`,
    [orgId, late, closedUntil, maxGapMs],
  );
  return rows.map(toTouch);
}
