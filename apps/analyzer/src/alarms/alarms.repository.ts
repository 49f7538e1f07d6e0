import type { AlarmRecord } from '@app/mist';
import { toJsonb, type Queryable } from '@app/shared';
import { lastByKey } from '../inventory/inventory.repository.js';

/** A webhook tells neither severity nor group of an alarm; what a poll told stays. */
const told = (column: string): string =>
  `${column} = case when excluded.${column} = 'unknown' then mist_alarm.${column} else excluded.${column} end`;

/** Stores Mist's own alarms by id. An older reading of one (by its last occurrence) never replaces a newer. */
export async function upsertAlarms(db: Queryable, orgId: number, records: readonly AlarmRecord[]): Promise<void> {
  const rows = lastByKey(records, (row) => row.alarmId);
  const date = (at: number | null): Date | null => (at === null ? null : new Date(at));
  await db.query(
    `insert into mist_alarm
       (org_id, external_id, site_external_id, type, alarm_group, severity, at, last_seen_at, resolved_at, count, acked, details)
     select $1, u.* from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[],
       $9::timestamptz[], $10::int[], $11::bool[], $12::jsonb[]) as u
     on conflict (org_id, external_id) do update set
       site_external_id = excluded.site_external_id, type = excluded.type, ${told('alarm_group')}, ${told('severity')},
       at = excluded.at, last_seen_at = excluded.last_seen_at, resolved_at = coalesce(excluded.resolved_at, mist_alarm.resolved_at),
       count = greatest(excluded.count, mist_alarm.count), acked = coalesce(excluded.acked, mist_alarm.acked), details = mist_alarm.details || excluded.details
     where excluded.last_seen_at >= mist_alarm.last_seen_at`,
    [
      orgId,
      rows.map((row) => row.alarmId),
      rows.map((row) => row.siteId),
      rows.map((row) => row.type),
      rows.map((row) => row.group),
      rows.map((row) => row.severity),
      rows.map((row) => date(row.at)),
      rows.map((row) => date(row.lastSeenAt)),
      rows.map((row) => date(row.resolvedAt)),
      rows.map((row) => row.count),
      rows.map((row) => row.acked),
      rows.map((row) => toJsonb(row.details)),
    ],
  );
}
