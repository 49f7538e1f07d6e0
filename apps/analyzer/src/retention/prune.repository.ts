import { DAY_MS, type EpochMs } from '@app/domain';
import type { Database } from '@app/shared';
import { instant } from '../facts/sql-time.js';
import type { Cutoffs } from './cutoffs.js';

interface Pruned {
  readonly table: string;
  /** Condition on table `t` with `$1`, the end of what is kept in epoch ms. */
  readonly where: string;
  readonly until: (cutoffs: Cutoffs) => EpochMs;
}

const ofSamples = ({ samples }: Cutoffs): EpochMs => samples;
const ofHistory = ({ history }: Cutoffs): EpochMs => history;
const ofArchive = ({ archivedReports }: Cutoffs): EpochMs => archivedReports;
/** Deliveries that were taken stay for questions, parked ones too. */
const INBOX_MS = 7 * DAY_MS;
const END = instant('$1::float8');

/** What a file told of old times stays as long as its hours. */
const NOT_IMPORTED = (from: string, to: string): string => `not exists (select 1 from data_day d where d.imported_at > ${END}
  and d.day between (${from} at time zone 'UTC')::date and (${to} at time zone 'UTC')::date)`;

/** Tables that are not partitioned, in an order that keeps references whole. */
const PRUNED: readonly Pruned[] = [
  { table: 'poll_cycle', where: `t.observed_at < ${END}`, until: ofSamples },
  { table: 'batch', where: `t.observed_at < ${END}`, until: ofSamples },
  { table: 'parked_record', where: `t.parked_at < ${END}`, until: ofSamples },
  { table: 'api_budget', where: `t.hour < ${END} and (t.parked_until is null or t.parked_until < ${END})`, until: ofSamples },
  { table: 'outbox', where: `t.taken_at < ${END}`, until: ofSamples },
  { table: 'dead_job', where: `t.replayed_at < ${END}`, until: ofSamples },
  // The same bytes again are known by their batch for as long as samples are kept.
  { table: 'inbox', where: `t.state <> 'received' and t.processed_at < ${END}`, until: ({ now }) => now - INBOX_MS },
  { table: 'backfill', where: `t.finished_at < ${END}`, until: ofSamples },
  // The first kept hours look back at how the feed was before them.
  { table: 'feed_read', where: `t.at < ${END}`, until: ({ samples }) => samples - 7 * DAY_MS },
  { table: 'idempotent_answer', where: `t.at < ${END}`, until: ({ now }) => now - DAY_MS },
  { table: 'login_session', where: `t.expires_at < ${END}`, until: ({ now }) => now },
  { table: 'mist_alarm', where: `t.last_seen_at < ${END}`, until: ofHistory },
  { table: 'circuit_state', where: `t.to_at < ${END} and ${NOT_IMPORTED('t.from_at', 't.to_at')}`, until: ofHistory },
  { table: 'failover', where: `t.ended_at < ${END} and ${NOT_IMPORTED('t.started_at', 't.ended_at')}`, until: ofHistory },
  // The last state of a gateway stays, whatever its age.
  {
    table: 'gateway_state',
    where: `t.to_at < ${END} and ${NOT_IMPORTED('t.from_at', 't.to_at')}
      and exists (select 1 from gateway_state l where l.org_id = t.org_id and l.device_id = t.device_id and l.from_at > t.from_at)`,
    until: ofHistory,
  },
  {
    table: 'incident_decision',
    where: `t.at < ${END} and exists (select 1 from incident i where i.org_id = t.org_id and i.id = t.incident_id and i.resolved_at < ${END})`,
    until: ofHistory,
  },
  {
    table: 'delivery_attempt',
    where: `t.at < ${END} and exists (select 1 from delivery d join incident i on i.org_id = d.org_id and i.id = d.incident_id
      where d.org_id = t.org_id and d.id = t.delivery_id and d.status not in ('due', 'digest') and i.resolved_at < ${END})`,
    until: ofHistory,
  },
  {
    table: 'delivery',
    where: `t.status not in ('due', 'digest') and t.created_at < ${END}
      and exists (select 1 from incident i where i.org_id = t.org_id and i.id = t.incident_id and i.resolved_at < ${END})
      and not exists (select 1 from delivery_attempt a where a.org_id = t.org_id and a.delivery_id = t.id)`,
    until: ofHistory,
  },
  // Those that still wait for a mail server keep their files.
  {
    table: 'report_run',
    where: `t.status <> 'due' and t.created_at < ${END} and not exists (select from report_mail m where m.org_id = t.org_id and m.run_id = t.id and m.status = 'due')`,
    until: ofArchive,
  },
  {
    table: 'report_file',
    where: `t.used_at < ${END} and not exists (select from report_run_file u where u.org_id = t.org_id and u.file_id = t.id)`,
    until: ofArchive,
  },
  // After all whose dropping counts.
  { table: 'data_change', where: `t.day < ${END}`, until: ofHistory },
];

/** Rows of one statement: few, so that nobody waits for their locks. */
const CHUNK = 5_000;
/** Chunks of one table and run; the rest is the next run's. */
const MAX_CHUNKS = 400;

/** Deletes rows that were kept long enough, a few at a time. Returns how many. */
export async function pruneRows(database: Database, cutoffs: Cutoffs): Promise<number> {
  let rows = 0;
  for (const pruned of PRUNED) rows += await pruneTable(database, pruned, pruned.until(cutoffs));
  return rows;
}

async function pruneTable(database: Database, { table, where }: Pruned, until: EpochMs): Promise<number> {
  let rows = 0;
  for (let chunk = 0; chunk < MAX_CHUNKS; chunk += 1) {
    const [deleted] = await database.query<{ count: number }>(
      `with gone as (delete from ${table} where ctid = any(array(
         select t.ctid from ${table} t where ${where} limit ${String(CHUNK)} for update skip locked)) returning 1)
       select count(*)::int as count from gone`,
      [until],
    );
    rows += deleted?.count ?? 0;
    if ((deleted?.count ?? 0) < CHUNK) break;
  }
  return rows;
}
