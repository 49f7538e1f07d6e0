import type { ConnectionStretch, EpochMs, Span } from '@app/domain';
import type { Queryable } from './database.js';

interface Row {
  readonly device_id: number;
  readonly from_at: Date;
  readonly to_at: Date;
  readonly connected: boolean;
  readonly site_id: number | null;
}

export interface DeviceStretch extends ConnectionStretch {
  readonly deviceId: number;
}

interface Asked {
  readonly orgId: number;
  readonly period: Span;
  readonly now: EpochMs;
  /** How long a reading holds without another. */
  readonly maxGapMs: number;
}

/** The newest stretch of a gateway lasts until now, for as long as its last reading holds. */
const stretchesWhere = (condition: string): string => `
  select * from (
    select g.device_id, g.from_at, g.connected, g.site_id,
      case when g.from_at = n.newest then greatest(g.to_at, least(g.to_at + $5 * interval '1 millisecond', $6::timestamptz)) else g.to_at end as to_at
    from gateway_state g
    cross join lateral (select max(from_at) as newest from gateway_state n where n.org_id = g.org_id and n.device_id = g.device_id) n
    where g.org_id = $1 and ${condition} and g.from_at < $4) x
  where to_at > $3 order by device_id, from_at`;

async function stretches(db: Queryable, condition: string, key: number, asked: Asked): Promise<DeviceStretch[]> {
  const rows = await db.query<Row>(stretchesWhere(condition), [
    asked.orgId,
    key,
    new Date(asked.period.from),
    new Date(asked.period.to),
    asked.maxGapMs,
    new Date(asked.now),
  ]);
  return rows.map((row) => ({
    deviceId: row.device_id,
    from: row.from_at.getTime(),
    to: row.to_at.getTime(),
    connected: row.connected,
    siteId: row.site_id,
  }));
}

/** Known stretches of a gateway that touch the period, ascending. */
export const deviceStretches = (db: Queryable, deviceId: number, asked: Asked): Promise<DeviceStretch[]> =>
  stretches(db, 'g.device_id = $2', deviceId, asked);

/** Known stretches of all gateways while they were at a site, as far as they touch the period. */
export const siteStretches = (db: Queryable, siteId: number, asked: Asked): Promise<DeviceStretch[]> =>
  stretches(db, 'g.site_id = $2', siteId, asked);
