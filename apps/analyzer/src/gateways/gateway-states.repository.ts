import type { ConnectionChange, ConnectionStretch, EpochMs } from '@app/domain';
import type { Queryable, Transaction } from '@app/shared';
import { epochMs, instant, msOf } from '../facts/sql-time.js';

export interface GatewayReading {
  readonly deviceId: number;
  readonly at: EpochMs;
  readonly connected: boolean;
}

/** Keeps writers of one org's stretches apart, who read before they write. */
const STATES_LOCK = 7_340_082;

/** Held until the transaction ends. Take it after all rows that others may wait for, alerts apart. */
export async function lockGatewayStates(tx: Transaction, orgId: number): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1, $2)', [STATES_LOCK, orgId]);
}

/** The usual case, in one statement: a newer reading of the same state at the same site. Returns the readings that are more than that. */
export async function extendNewest(
  tx: Queryable,
  orgId: number,
  readings: readonly GatewayReading[],
  maxGapMs: number,
): Promise<GatewayReading[]> {
  const count = new Map<number, number>();
  for (const { deviceId } of readings) count.set(deviceId, (count.get(deviceId) ?? 0) + 1);
  const single = readings.filter(({ deviceId }) => count.get(deviceId) === 1);
  const rows = await tx.query<{ device_id: number }>(
    `update gateway_state g set to_at = ${instant('u.at')}
     from unnest($2::int[], $3::float8[], $4::bool[]) as u (device, at, connected) join device d on d.org_id = $1 and d.id = u.device
     where g.org_id = $1 and g.device_id = u.device and g.connected = u.connected and g.site_id is not distinct from d.site_id
       and g.from_at = (select max(n.from_at) from gateway_state n where n.org_id = $1 and n.device_id = u.device)
       and g.to_at <= ${instant('u.at')} and g.to_at >= ${instant('u.at - $5::float8')}
     returning g.device_id`,
    [
      orgId,
      single.map(({ deviceId }) => deviceId),
      single.map(({ at }) => at),
      single.map(({ connected }) => connected),
      maxGapMs,
    ],
  );
  const done = new Set(rows.map(({ device_id }) => device_id));
  return readings.filter(({ deviceId }) => !done.has(deviceId));
}

/** The change that readings bring to one gateway. */
export interface GatewayChange extends ConnectionChange {
  readonly deviceId: number;
}

interface ReadingRow {
  readonly device_id: number;
  readonly at_ms: number;
  readonly connected: boolean;
  readonly site_id: number | null;
}

/** Stored readings from the last one before to the first one after those that are new. */
const READINGS = `
  with told as materialized (select * from unnest($2::int[], $3::float8[], $4::float8[]) as t (device_id, low, high)), reading as (
    select t.device_id, s.at, s.connected from told t
    join device_state s on s.org_id = $1 and s.device_id = t.device_id and s.at >= ${instant('t.low')} and s.at <= ${instant('t.high')}
    union all
    select t.device_id, s.at, s.connected from told t cross join lateral (
      select at, connected from device_state where org_id = $1 and device_id = t.device_id and at < ${instant('t.low')}
      order by at desc, connected desc limit 1) s
    union all
    select t.device_id, s.at, s.connected from told t cross join lateral (
      select at, connected from device_state where org_id = $1 and device_id = t.device_id and at > ${instant('t.high')}
      order by at, connected desc limit 1) s)
  select r.device_id, ${epochMs('r.at')} as at_ms, r.connected, d.site_id from reading r join device d on d.org_id = $1 and d.id = r.device_id
  order by r.device_id, r.at`;

/** What these readings, which are stored, change. Those older than every stored reading but not than what was made of such are too late: their neighbours are gone. */
export async function changesOf(tx: Queryable, orgId: number, readings: readonly GatewayReading[]): Promise<GatewayChange[]> {
  if (readings.length === 0) return [];
  const spans = new Map<number, { low: number; high: number }>();
  for (const { deviceId, at } of readings) {
    const span = spans.get(deviceId) ?? { low: at, high: at };
    spans.set(deviceId, { low: Math.min(span.low, at), high: Math.max(span.high, at) });
  }
  const bounds = [...spans.values()];
  const rows = await tx.query<ReadingRow>(READINGS, [
    orgId,
    [...spans.keys()],
    bounds.map(({ low }) => low),
    bounds.map(({ high }) => high),
  ]);
  const stored = await stretchesOf(tx, orgId, rows);
  return [...groupOf(rows, ({ device_id }) => device_id)].flatMap(([deviceId, own]) => {
    const change = {
      deviceId,
      siteId: own[0]?.site_id ?? null,
      readings: own.map(({ at_ms, connected }) => ({ at: msOf(at_ms), connected })),
      stored: stored.get(deviceId) ?? [],
    };
    return isTooLate(change, spans.get(deviceId)?.low ?? 0) ? [] : [change];
  });
}

/** Nothing was read before the new readings, and yet something is known from before them. */
const isTooLate = ({ readings, stored }: GatewayChange, low: EpochMs): boolean =>
  (readings[0]?.at ?? low) === low && stored.some(({ from }) => from < low);

interface StretchRow {
  readonly device_id: number;
  readonly from_ms: number;
  readonly to_ms: number;
  readonly connected: boolean;
  readonly site_id: number | null;
}

/** Stored stretches that touch the readings of each device, ascending. */
async function stretchesOf(tx: Queryable, orgId: number, rows: readonly ReadingRow[]): Promise<Map<number, ConnectionStretch[]>> {
  const groups = [...groupOf(rows, ({ device_id }) => device_id)];
  const stored = await tx.query<StretchRow>(
    `select g.device_id, ${epochMs('g.from_at')} as from_ms, ${epochMs('g.to_at')} as to_ms, g.connected, g.site_id
     from unnest($2::int[], $3::float8[], $4::float8[]) as t (device_id, low, high)
     join gateway_state g on g.org_id = $1 and g.device_id = t.device_id and g.from_at <= ${instant('t.high')} and g.to_at >= ${instant('t.low')}
     order by g.device_id, g.from_at`,
    [
      orgId,
      groups.map(([deviceId]) => deviceId),
      groups.map(([, own]) => msOf(own[0]?.at_ms ?? 0)),
      groups.map(([, own]) => msOf(own.at(-1)?.at_ms ?? 0)),
    ],
  );
  const stretches = stored.map((row) => ({
    deviceId: row.device_id,
    stretch: { from: msOf(row.from_ms), to: msOf(row.to_ms), connected: row.connected, siteId: row.site_id },
  }));
  return new Map([...groupOf(stretches, ({ deviceId }) => deviceId)].map(([id, own]) => [id, own.map(({ stretch }) => stretch)]));
}

function groupOf<R, K>(rows: readonly R[], keyOf: (row: R) => K): Map<K, R[]> {
  const groups = new Map<K, R[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group === undefined) groups.set(keyOf(row), [row]);
    else group.push(row);
  }
  return groups;
}

/** Puts the stretches made in the place of the stored ones. */
export async function replaceStretches(
  tx: Queryable,
  orgId: number,
  changes: readonly (GatewayChange & { readonly made: readonly ConnectionStretch[] })[],
): Promise<void> {
  const gone = changes.flatMap(({ deviceId, stored }) => stored.map(({ from }) => ({ deviceId, from })));
  const made = changes.flatMap(({ deviceId, made: stretches }) => stretches.map((stretch) => ({ deviceId, ...stretch })));
  await tx.query(
    `delete from gateway_state g using unnest($2::int[], $3::float8[]) as u (device, at)
     where g.org_id = $1 and g.device_id = u.device and g.from_at = ${instant('u.at')}`,
    [orgId, gone.map(({ deviceId }) => deviceId), gone.map(({ from }) => from)],
  );
  await tx.query(
    `insert into gateway_state (org_id, device_id, from_at, to_at, connected, site_id)
     select $1, u.device, ${instant('u.low')}, ${instant('u.high')}, u.connected, u.site
     from unnest($2::int[], $3::float8[], $4::float8[], $5::bool[], $6::int[]) as u (device, low, high, connected, site)`,
    [
      orgId,
      made.map(({ deviceId }) => deviceId),
      made.map(({ from }) => from),
      made.map(({ to }) => to),
      made.map(({ connected }) => connected),
      made.map(({ siteId }) => siteId),
    ],
  );
}
