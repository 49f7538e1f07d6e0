import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, Database, type Clock, type HeldJob } from '@app/shared';

const KEPT = '24 hours';

/** One attempt to change something: who, by which route, under which key of theirs, and exactly what. */
export interface Attempt {
  readonly callerId: string;
  readonly route: string;
  readonly key: string;
  readonly requestHash: Buffer;
}

export interface StoredAnswer {
  readonly status: number;
  readonly body: Buffer;
  /** Those whose publishing nobody confirmed. */
  readonly jobs: readonly HeldJob[] | null;
}

export type Claim =
  | { readonly is: 'new' }
  | { readonly is: 'in-flight' }
  | { readonly is: 'other-request' }
  | { readonly is: 'answered'; readonly answer: StoredAnswer };

/** Answers to changes, kept for a day so that asking again changes nothing. */
@Injectable()
export class IdempotentAnswers {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Inside of a transaction: until its end nobody else makes the same attempt. */
  async claim({ callerId, route, key, requestHash }: Attempt): Promise<Claim> {
    const lock = createHash('sha256')
      .update(JSON.stringify([callerId, route, key]))
      .digest()
      .readBigInt64BE();
    const [taken] = await this.database.query<{ ours: boolean }>('select pg_try_advisory_xact_lock($1) as ours', [String(lock)]);
    if (taken?.ours !== true) return { is: 'in-flight' };
    const [row] = await this.database.query<StoredAnswer & { request_hash: Buffer; is_kept: boolean }>(
      `select request_hash, status, body, jobs, at > $4::timestamptz - interval '${KEPT}' as is_kept from idempotent_answer
       where caller_id = $1 and route = $2 and key = $3`,
      [callerId, route, key, new Date(this.clock.now())],
    );
    if (row?.is_kept !== true) return { is: 'new' };
    return row.request_hash.equals(requestHash) ? { is: 'answered', answer: row } : { is: 'other-request' };
  }

  /** In the transaction of the change. */
  async store({ callerId, route, key, requestHash }: Attempt, { status, body, jobs }: StoredAnswer): Promise<void> {
    await this.database.query(
      `insert into idempotent_answer (caller_id, route, key, request_hash, at, status, body, jobs) values ($1, $2, $3, $4, $5, $6, $7, $8)
       on conflict (caller_id, route, key) do update set request_hash = excluded.request_hash, at = excluded.at, status = excluded.status,
         body = excluded.body, jobs = excluded.jobs`,
      [callerId, route, key, requestHash, new Date(this.clock.now()), status, body, storedJobs(jobs)],
    );
  }

  /** All jobs are published but those that are left. */
  async confirmPublished({ callerId, route, key }: Attempt, left: readonly HeldJob[]): Promise<void> {
    await this.database.query('update idempotent_answer set jobs = $4 where caller_id = $1 and route = $2 and key = $3', [
      callerId,
      route,
      key,
      storedJobs(left),
    ]);
  }
}

const storedJobs = (jobs: readonly HeldJob[] | null): string | null =>
  jobs === null || jobs.length === 0 ? null : JSON.stringify(jobs);
