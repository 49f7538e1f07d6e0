import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { EpochMs } from '@app/domain';
import { REPORT_FORMATS, type ReportFormat, type ReportKind } from '../../reports/kinds.js';
import type { LoadedReport } from '../../reports/load-report.js';
import { renderReport } from '../../reports/render-report.js';
import type { AskedRun } from '../../reports/scheduled.js';
import type { Database, Queryable } from '../database.js';

const packed = promisify(gzip);
const unpacked = promisify(gunzip);

/** A file of the archive, without what is in it. */
export interface ArchivedReport {
  readonly id: number;
  readonly kind: ReportKind;
  readonly format: ReportFormat;
  readonly periodFrom: Date | null;
  readonly periodTo: Date | null;
  readonly region: string | null;
  readonly site: string | null;
  readonly revision: string;
  readonly name: string;
  readonly madeAt: Date;
  /** `null` = kept as it was made. */
  readonly archivedAt: Date | null;
  readonly bytes: number;
  readonly sha256: string;
  /** Schedules that had it. */
  readonly schedules: readonly string[];
}

const COLUMNS = `f.id, f.kind, f.format, f.period_from as "periodFrom", f.period_to as "periodTo", f.region, f.site, f.revision, f.name,
  f.made_at as "madeAt", f.archived_at as "archivedAt", f.bytes, f.sha256,
  array(select distinct r.schedule from report_run_file u join report_run r on r.org_id = u.org_id and r.id = u.run_id
    where u.org_id = f.org_id and u.file_id = f.id order by 1) as schedules`;

/** A report in one format. What the archive holds of this revision is not made again. Returns the id of its file. */
export async function keepReport(
  db: Queryable,
  orgId: number,
  { report, asked, format }: { report: LoadedReport; asked: AskedRun; format: ReportFormat },
  now: EpochMs,
): Promise<number> {
  const { kind, period, region, site } = asked;
  const key = [
    orgId,
    kind,
    format,
    report.revision,
    period === null ? null : new Date(period.from),
    period === null ? null : new Date(period.to),
    region,
    site,
    new Date(now),
  ];
  const [held] = await db.query<{ id: number }>(
    `update report_file set used_at = greatest(used_at, $9) where org_id = $1 and kind = $2 and format = $3 and revision = $4
       and period_from is not distinct from $5 and period_to is not distinct from $6 and region is not distinct from $7 and site is not distinct from $8
     returning id`,
    key,
  );
  if (held !== undefined) return held.id;
  const { bytes, fileName } = await renderReport(report, kind, format);
  const [row] = await db.query<{ id: number }>(
    `insert into report_file (org_id, kind, format, revision, period_from, period_to, region, site, made_at, used_at, name, bytes, sha256, body)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11, $12, $13)
     on conflict (org_id, kind, format, revision, coalesce(period_from, '-infinity'), coalesce(period_to, 'infinity'), coalesce(region, ''), coalesce(site, ''))
     do update set used_at = greatest(report_file.used_at, excluded.used_at) returning id`,
    [...key, fileName, bytes.length, createHash('sha256').update(bytes).digest('hex'), bytes],
  );
  return row?.id ?? 0;
}

export interface ArchiveFilter {
  readonly kind?: string;
  readonly format?: string;
  readonly schedule?: string;
  /** Made in `[from, to)`. */
  readonly from?: Date;
  readonly to?: Date;
  /** Only files before this one. */
  readonly beforeId?: number;
}

/** Files of the archive, the newest first. */
export function listReports(db: Queryable, orgId: number, filter: ArchiveFilter, limit: number): Promise<ArchivedReport[]> {
  const { kind = null, format = null, schedule = null, from = null, to = null, beforeId = null } = filter;
  return db.query<ArchivedReport & { [column: string]: unknown }>(
    `select ${COLUMNS} from report_file f where f.org_id = $1 and ($2::text is null or f.kind = $2) and ($3::text is null or f.format = $3)
       and ($4::text is null or exists (select from report_run_file u join report_run r on r.org_id = u.org_id and r.id = u.run_id
         where u.org_id = f.org_id and u.file_id = f.id and r.schedule = $4))
       and ($5::timestamptz is null or f.made_at >= $5) and ($6::timestamptz is null or f.made_at < $6) and ($7::bigint is null or f.id < $7)
     order by f.id desc limit $8`,
    [orgId, kind, format, schedule, from, to, beforeId, limit],
  );
}

/** A file of the archive by its id. */
export async function findArchivedReport(db: Queryable, orgId: number, id: number): Promise<ArchivedReport | null> {
  const [row] = await db.query<ArchivedReport & { [column: string]: unknown }>(
    `select ${COLUMNS} from report_file f where f.org_id = $1 and f.id = $2`,
    [orgId, id],
  );
  return row ?? null;
}

/** The files of a run, in the order of their formats. */
export async function reportsOfRun(db: Queryable, orgId: number, runId: number): Promise<ArchivedReport[]> {
  const rows = await db.query<ArchivedReport & { [column: string]: unknown }>(
    `select ${COLUMNS} from report_file f join report_run_file o on o.org_id = f.org_id and o.file_id = f.id where o.org_id = $1 and o.run_id = $2`,
    [orgId, runId],
  );
  const formats = Object.keys(REPORT_FORMATS);
  return rows.sort((a, b) => formats.indexOf(a.format) - formats.indexOf(b.format));
}

/** What is in a file, as it was made; `null` = it is gone. */
export async function readReport(db: Queryable, orgId: number, id: number): Promise<Buffer | null> {
  const [row] = await db.query<{ packing: 'none' | 'gzip'; body: Buffer }>(
    'select packing, body from report_file where org_id = $1 and id = $2',
    [orgId, id],
  );
  if (row === undefined) return null;
  return row.packing === 'gzip' ? unpacked(row.body) : row.body;
}

const BEST = { level: 9 } as const;

/** Packs what was last used before an instant, one file at a time; any number may do so at once. Returns how many. */
export async function packReports(database: Database, before: EpochMs, now: EpochMs): Promise<number> {
  for (let count = 0; ; count += 1) {
    const isMore = await database.transaction(async (tx) => {
      const [row] = await tx.query<{ orgId: number; id: number; body: Buffer }>(
        `select org_id as "orgId", id, body from report_file where archived_at is null and used_at < $1 order by used_at limit 1 for update skip locked`,
        [new Date(before)],
      );
      if (row === undefined) return false;
      const body = await packed(row.body, BEST);
      const isWorth = body.length < row.body.length;
      await tx.query(
        `update report_file set archived_at = $3, packing = case when $4 then 'gzip' else packing end, body = case when $4 then $5::bytea else body end
         where org_id = $1 and id = $2`,
        [row.orgId, row.id, new Date(now), isWorth, isWorth ? body : null],
      );
      return true;
    });
    if (!isMore) return count;
  }
}
