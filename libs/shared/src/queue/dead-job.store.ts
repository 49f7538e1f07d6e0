import type { Pool } from 'pg';
import { printable, toJsonb } from './jsonb.js';

/** A job that failed for good, with everything needed to look at it and to run it again. */
export interface DeadJob {
  readonly queue: string;
  readonly name: string;
  readonly jobId: string;
  readonly payload: unknown;
  readonly reason: string;
  readonly code: string | null;
  readonly attempts: number;
  readonly failedAt: Date;
}
export interface ParkedJob extends DeadJob {
  readonly id: string;
}

/** Where jobs that failed for good wait for a person. */
export interface DeadJobStore {
  /** The same job parked again while it still waits is one row: a crash between parking and failing repeats the call. */
  park(job: DeadJob): Promise<void>;
  /** Those that wait, oldest first. */
  list(page?: { readonly afterId?: string; readonly limit?: number }): Promise<ParkedJob[]>;
  /** Marks one as replayed and returns it; `null` when there is none (any more). */
  take(id: string): Promise<ParkedJob | null>;
}

interface DeadJobRow {
  id: string;
  queue: string;
  name: string;
  job_id: string;
  payload: unknown;
  reason: string;
  code: string | null;
  attempts: number;
  failed_at: Date;
}

const COLUMNS = 'id::text as id, queue, name, job_id, payload, reason, code, attempts, failed_at';

/** Keeps parked jobs in the table `dead_job`. */
export class PostgresDeadJobStore implements DeadJobStore {
  constructor(private readonly pool: Pick<Pool, 'query'>) {}

  async park(job: DeadJob): Promise<void> {
    await this.pool.query(
      `with again as (
         update dead_job set payload = $4, reason = $5, code = $6, attempts = $7, failed_at = $8
          where queue = $1 and name = $2 and job_id = $3 and replayed_at is null
         returning id)
       insert into dead_job (queue, name, job_id, payload, reason, code, attempts, failed_at)
       select $1::text, $2::text, $3::text, $4::jsonb, $5::text, $6::text, $7::int, $8::timestamptz
        where not exists (select 1 from again)`,
      [job.queue, job.name, job.jobId, toJsonb(job.payload), printable(job.reason), job.code, job.attempts, job.failedAt],
    );
  }

  async list({ afterId = '0', limit = 100 }: { afterId?: string; limit?: number } = {}): Promise<ParkedJob[]> {
    const { rows } = await this.pool.query<DeadJobRow>(
      `select ${COLUMNS} from dead_job where replayed_at is null and id > $1::bigint order by dead_job.id limit $2`,
      [afterId, limit],
    );
    return rows.map(toParkedJob);
  }

  async take(id: string): Promise<ParkedJob | null> {
    const { rows } = await this.pool.query<DeadJobRow>(
      `update dead_job set replayed_at = now() where id = $1::bigint and replayed_at is null returning ${COLUMNS}`,
      [id],
    );
    return rows[0] === undefined ? null : toParkedJob(rows[0]);
  }
}

function toParkedJob({ job_id: jobId, failed_at: failedAt, ...row }: DeadJobRow): ParkedJob {
  return { ...row, id: String(row.id), jobId, failedAt };
}
