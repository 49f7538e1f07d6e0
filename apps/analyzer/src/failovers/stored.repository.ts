import type { BackupChange, EpochMs, Failover, FailoverEnd, FailoverFigures, FailoverTrigger, FailoverWhy } from '@app/domain';
import type { Queryable } from '@app/shared';
import { epochMs, msOf, msOrNull } from '../facts/sql-time.js';

export interface StoredFailover extends Failover {
  readonly id: number;
  readonly siteId: number;
  /** Until when its figures reach. */
  readonly measuredAt: EpochMs;
}

interface Row {
  readonly id: number;
  readonly site_id: number;
  readonly primary_id: number;
  readonly backup_id: number;
  readonly started_ms: number;
  readonly decided_ms: number;
  readonly ended_ms: number | null;
  readonly trigger: FailoverTrigger;
  readonly why: FailoverWhy;
  readonly ended_by: FailoverEnd | null;
  readonly changes: readonly BackupChange[];
  readonly measured_ms: number;
}

/** Failovers of these sites that go on at `since` or began later, ascending. */
export async function storedFailovers(
  db: Queryable,
  orgId: number,
  siteIds: readonly number[],
  since: EpochMs,
): Promise<StoredFailover[]> {
  const rows = await db.query<Row>(
    `select id, site_id, primary_id, backup_id, ${epochMs('started_at')} as started_ms, ${epochMs('decided_at')} as decided_ms, ${epochMs('ended_at')} as ended_ms,
       trigger, why, ended_by, changes, ${epochMs('measured_at')} as measured_ms
     from failover where org_id = $1 and site_id = any($2) and (ended_at is null or ended_at >= $3) order by started_at, primary_id`,
    [orgId, siteIds, Number.isFinite(since) ? new Date(since) : '-infinity'],
  );
  return rows.map((row) => ({
    id: row.id,
    siteId: row.site_id,
    primaryId: row.primary_id,
    backupId: row.backup_id,
    startedAt: msOf(row.started_ms),
    decidedAt: msOf(row.decided_ms),
    endedAt: msOrNull(row.ended_ms),
    trigger: row.trigger,
    why: row.why,
    endedBy: row.ended_by,
    changes: row.changes,
    measuredAt: msOf(row.measured_ms),
  }));
}

/** Whether the observations at these instants of these circuits are still stored, in the order asked. */
export async function areObserved(
  db: Queryable,
  orgId: number,
  instants: readonly { readonly circuitId: number; readonly at: EpochMs }[],
): Promise<boolean[]> {
  if (instants.length === 0) return [];
  const rows = await db.query<{ found: boolean }>(
    `select exists (select 1 from port_sample s where s.org_id = $1 and s.circuit_id = u.circuit and s.at = u.at)
       or exists (select 1 from port_event e where e.org_id = $1 and e.circuit_id = u.circuit and e.at = u.at) as found
     from unnest($2::int[], $3::timestamptz[]) with ordinality as u (circuit, at, i) order by u.i`,
    [orgId, instants.map(({ circuitId }) => circuitId), instants.map(({ at }) => new Date(at))],
  );
  return rows.map(({ found }) => found);
}

export const deleteFailovers = (db: Queryable, orgId: number, ids: readonly number[]): Promise<unknown> =>
  ids.length === 0
    ? Promise.resolve()
    : db.query('delete from failover where org_id = $1 and id = any($2::bigint[])', [orgId, ids]);

export interface FailoverRow {
  readonly siteId: number;
  readonly failover: Failover;
  readonly figures: FailoverFigures;
  readonly measuredAt: EpochMs;
}

const COLUMNS = `site_id, backup_id, decided_at, ended_at, trigger, why, ended_by, changes, latency_count, latency_avg, latency_max, jitter_count, jitter_avg, jitter_max,
  loss_count, loss_avg, loss_max, rx_bytes, tx_bytes, covered_ms, utilization_pct, peak_utilization_pct, measured_at`;
const NAMES = COLUMNS.split(',').map((column) => column.trim());
const RECORD = `(primary_id integer, started_at timestamptz, site_id integer, backup_id integer, decided_at timestamptz, ended_at timestamptz, trigger text, why text,
  ended_by text, changes jsonb, latency_count integer, latency_avg float8, latency_max float8, jitter_count integer, jitter_avg float8, jitter_max float8,
  loss_count integer, loss_avg float8, loss_max float8, rx_bytes bigint, tx_bytes bigint, covered_ms bigint, utilization_pct float8, peak_utilization_pct float8,
  measured_at timestamptz)`;

const iso = (at: EpochMs | null): string | null => (at === null ? null : new Date(at).toISOString());

const recordOf = ({ siteId, failover, figures, measuredAt }: FailoverRow) => ({
  primary_id: failover.primaryId,
  started_at: iso(failover.startedAt),
  site_id: siteId,
  backup_id: failover.backupId,
  decided_at: iso(failover.decidedAt),
  ended_at: iso(failover.endedAt),
  trigger: failover.trigger,
  why: failover.why,
  ended_by: failover.endedBy,
  changes: failover.changes,
  latency_count: figures.latency.count,
  latency_avg: figures.latency.avg,
  latency_max: figures.latency.max,
  jitter_count: figures.jitter.count,
  jitter_avg: figures.jitter.avg,
  jitter_max: figures.jitter.max,
  loss_count: figures.loss.count,
  loss_avg: figures.loss.avg,
  loss_max: figures.loss.max,
  rx_bytes: figures.rxBytes,
  tx_bytes: figures.txBytes,
  covered_ms: figures.coveredMs,
  utilization_pct: figures.utilizationPct,
  peak_utilization_pct: figures.peakUtilizationPct,
  measured_at: iso(measuredAt),
});

/** One that ended is written before the one that goes on: a primary has at most one open failover at any moment. */
export async function upsertFailovers(db: Queryable, orgId: number, rows: readonly FailoverRow[]): Promise<void> {
  if (rows.length === 0) return;
  const open = rows.filter(({ failover }) => failover.endedAt === null);
  // A circuit that moved takes its failover along: the other site's is not looked at before this one is stored.
  await db.query(
    `delete from failover f using unnest($2::int[], $3::int[]) as u (circuit, site)
     where f.org_id = $1 and f.primary_id = u.circuit and f.ended_at is null and f.site_id <> u.site`,
    [orgId, open.map(({ failover }) => failover.primaryId), open.map(({ siteId }) => siteId)],
  );
  await db.query(
    `insert into failover as f (org_id, primary_id, started_at, ${COLUMNS})
     select $1, primary_id, started_at, ${COLUMNS} from jsonb_to_recordset($2::jsonb) as r ${RECORD} order by ended_at nulls last, started_at, primary_id
     on conflict (org_id, primary_id, started_at) do update set ${NAMES.map((name) => `${name} = excluded.${name}`).join(', ')}
     where (${NAMES.map((name) => `f.${name}`).join(', ')}) is distinct from (${NAMES.map((name) => `excluded.${name}`).join(', ')})`,
    [orgId, JSON.stringify(rows.map(recordOf))],
  );
}
