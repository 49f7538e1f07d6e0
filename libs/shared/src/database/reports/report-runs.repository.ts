import type { EpochMs } from '@app/domain';
import type { AskedRun } from '../../reports/scheduled.js';
import type { Queryable } from '../database.js';

/** An organization as schedules see it. */
export interface ScheduledOrg {
  readonly id: number;
  readonly externalId: string;
  /** The zone whose days its rollups count. */
  readonly zone: string;
}

const ZONED = `select o.id, o.external_id as "externalId", coalesce(r.timezone, o.reporting_timezone) as zone
  from org o left join rollup_state r on r.org_id = o.id`;

/** All organizations there are. */
export const scheduledOrgs = (db: Queryable): Promise<ScheduledOrg[]> => db.query(`${ZONED} order by o.id`);

/** The zone whose days an organization counts. */
export async function reportingZone(db: Queryable, orgId: number): Promise<string> {
  const [org] = await db.query<{ zone: string }>(`${ZONED} where o.id = $1`, [orgId]);
  return org?.zone ?? 'UTC';
}

export interface NewReportRun {
  readonly schedule: string;
  readonly dueAt: EpochMs;
  /** Who asked; `null` = its time has come. */
  readonly askedBy: string | null;
  readonly asked: AskedRun;
}

/** Notes that a report is to be made; `null` = it is noted already, for its time comes once. */
export async function requestReportRun(
  db: Queryable,
  orgId: number,
  { schedule, dueAt, askedBy, asked }: NewReportRun,
  now: EpochMs,
): Promise<number | null> {
  const { period } = asked;
  const [row] = await db.query<{ id: number }>(
    `insert into report_run (org_id, schedule, due_at, asked_by, asked, period_from, period_to, next_at, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $8) on conflict (org_id, schedule, due_at) where asked_by is null do nothing returning id`,
    [
      orgId,
      schedule,
      new Date(dueAt),
      askedBy,
      JSON.stringify(asked),
      period === null ? null : new Date(period.from),
      period === null ? null : new Date(period.to),
      new Date(now),
    ],
  );
  return row?.id ?? null;
}

/** The run of a schedule that somebody asked for and that is not made yet; `null` = none. */
export async function openReportRun(db: Queryable, orgId: number, schedule: string): Promise<number | null> {
  const [row] = await db.query<{ id: number }>(
    `select id from report_run where org_id = $1 and schedule = $2 and status = 'due' and asked_by is not null order by id limit 1`,
    [orgId, schedule],
  );
  return row?.id ?? null;
}

export type ReportRunStatus = 'due' | 'made' | 'parked' | 'withdrawn';

/** What came of a run. */
export interface ReportRunRow {
  readonly id: number;
  readonly schedule: string;
  readonly dueAt: Date;
  readonly askedBy: string | null;
  readonly status: ReportRunStatus;
  readonly attempts: number;
  readonly periodFrom: Date | null;
  readonly periodTo: Date | null;
  readonly madeAt: Date | null;
  readonly revision: string | null;
  readonly failure: string | null;
  readonly files: readonly number[];
  readonly mails: Readonly<Record<'sent' | 'due' | 'dead' | 'withdrawn', number>>;
}

const RUN = `select r.id, r.schedule, r.due_at as "dueAt", r.asked_by as "askedBy", r.status, r.attempts, r.period_from as "periodFrom",
    r.period_to as "periodTo", r.made_at as "madeAt", r.revision, r.failure,
    coalesce((select array_agg(f.file_id::float8 order by f.file_id) from report_run_file f where f.org_id = r.org_id and f.run_id = r.id), '{}') as files,
    (select jsonb_build_object('sent', count(*) filter (where m.status = 'sent'), 'due', count(*) filter (where m.status = 'due'),
      'dead', count(*) filter (where m.status = 'dead'), 'withdrawn', count(*) filter (where m.status = 'withdrawn')) from report_mail m where m.org_id = r.org_id and m.run_id = r.id) as mails
  from report_run r`;

/** One run of an organization. */
export async function findReportRun(db: Queryable, orgId: number, id: number): Promise<ReportRunRow | null> {
  const [row] = await db.query<ReportRunRow & { [column: string]: unknown }>(`${RUN} where r.org_id = $1 and r.id = $2`, [
    orgId,
    id,
  ]);
  return row ?? null;
}

/** The newest run of each of some schedules. */
export async function newestReportRuns(
  db: Queryable,
  orgId: number,
  schedules: readonly string[],
): Promise<ReadonlyMap<string, ReportRunRow>> {
  const rows = await db.query<ReportRunRow & { [column: string]: unknown }>(
    `${RUN} join (select org_id, max(id) as id from report_run where org_id = $1 and schedule = any ($2) group by org_id, schedule) n
       on n.org_id = r.org_id and n.id = r.id`,
    [orgId, schedules],
  );
  return new Map(rows.map((row) => [row.schedule, row]));
}
