import { Inject, Injectable } from '@nestjs/common';
import { Database, type CollectKind, type CollectKindJob } from '@app/shared';

export interface LeaseRequest {
  readonly orgRowId: number;
  readonly kind: CollectKind;
  readonly holder: string;
  readonly now: number;
  readonly leaseMs: number;
  readonly reason: CollectKindJob['reason'];
  /** Begin of the slot that is due. */
  readonly slotStart: number;
  /** A poll that began before this and is not stored is taken for lost. */
  readonly lostBefore: number;
}

export interface Lease {
  /** Time of this poll; later than that of any poll of the same kind before. */
  readonly observedAt: number;
  readonly committedAt: number | null;
}

export interface LeaseKey {
  readonly orgRowId: number;
  readonly kind: CollectKind;
  readonly holder: string;
}

export interface FailureNote {
  readonly code: string;
  readonly reason: string;
}

interface LeaseRow extends Record<string, unknown> {
  readonly observedAt: Date;
  readonly committedAt: Date | null;
}

/**
 * A poll may begin when nobody holds the lease, and: for a schedule, when the slot has had no poll (one that died half-way does not count); for
 * `again`, when the last poll died, failed or was never stored. A lease that is still held after its end belongs to a dead process, which may have
 * finished all the same.
 */
const BEGIN = `
  update poll_state p
  set lease_holder = $3, lease_until = $5, attempted_at = greatest($4::timestamptz, b.attempted_at + interval '1 millisecond')
  from (
    select s.*, s.lease_holder is not null and not exists (
      select 1 from poll_cycle c where c.org_id = $1 and c.kind = $2 and c.observed_at = s.attempted_at and c.pages is not null
    ) as died
    from poll_state s where s.org_id = $1 and s.kind = $2 for update
  ) b
  where p.org_id = b.org_id and p.kind = b.kind
    and (b.lease_holder is null or b.lease_until < $4)
    and case $6::text
      when 'now' then true
      when 'schedule' then b.died or b.attempted_at is null or b.attempted_at < $7
      else b.died or b.attempted_at is null or b.failed_at >= b.attempted_at
        or (b.attempted_at < $8 and coalesce(b.committed_at, '-infinity') < b.attempted_at)
    end
  returning p.attempted_at as "observedAt", b.committed_at as "committedAt"`;

/** `poll_state`: one poll per org and kind at a time, and how the last one went. */
@Injectable()
export class Leases {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** `null`: another holds it, or the poll has been made already. */
  async begin({ orgRowId, kind, holder, now, leaseMs, reason, slotStart, lostBefore }: LeaseRequest): Promise<Lease | null> {
    await this.database.query('insert into poll_state (org_id, kind) values ($1, $2) on conflict do nothing', [orgRowId, kind]);
    const times = [new Date(now), new Date(now + leaseMs)];
    const rows = await this.database.query<LeaseRow>(BEGIN, [
      orgRowId,
      kind,
      holder,
      ...times,
      reason,
      new Date(slotStart),
      new Date(lostBefore),
    ]);
    const row = rows[0];
    return row === undefined ? null : { observedAt: row.observedAt.getTime(), committedAt: row.committedAt?.getTime() ?? null };
  }

  /** Returns whether the lease is still ours. */
  async renew({ orgRowId, kind, holder }: LeaseKey, until: number): Promise<boolean> {
    const rows = await this.database.query(
      'update poll_state set lease_until = $4 where org_id = $1 and kind = $2 and lease_holder = $3 returning 1 as one',
      [orgRowId, kind, holder, new Date(until)],
    );
    return rows.length > 0;
  }

  async endWell({ orgRowId, kind, holder }: LeaseKey): Promise<void> {
    await this.database.query(
      `update poll_state set lease_holder = null, lease_until = null, failure_code = null, failure_reason = null, failed_at = null, failures = 0
       where org_id = $1 and kind = $2 and lease_holder = $3`,
      [orgRowId, kind, holder],
    );
  }

  /** `failed_at` is never before the attempt, so that the two can be compared. */
  async endBadly({ orgRowId, kind, holder }: LeaseKey, now: number, { code, reason }: FailureNote): Promise<void> {
    await this.database.query(
      `update poll_state set lease_holder = null, lease_until = null, failure_code = $5, failure_reason = $6,
         failed_at = greatest($4, attempted_at), failures = failures + 1
       where org_id = $1 and kind = $2 and lease_holder = $3`,
      [orgRowId, kind, holder, new Date(now), code, reason],
    );
  }

  /** A poll that was not made because the org is stopped; the refusal that stopped it stays on record. */
  async endStopped({ orgRowId, kind, holder }: LeaseKey, now: number, { code, reason }: FailureNote): Promise<void> {
    await this.database.query(
      `update poll_state set lease_holder = null, lease_until = null, failure_code = $5, failure_reason = $6, failed_at = greatest($4, attempted_at)
       where org_id = $1 and kind = $2 and lease_holder = $3 and coalesce(failure_code, '') not in ('MIST_UNAUTHORIZED', 'MIST_FORBIDDEN')`,
      [orgRowId, kind, holder, new Date(now), code, reason],
    );
    await this.database.query(
      'update poll_state set lease_holder = null, lease_until = null where org_id = $1 and kind = $2 and lease_holder = $3',
      [orgRowId, kind, holder],
    );
  }

  /** Leaves the poll as one whose holder died: whoever takes its job begins anew at once. */
  async abandon({ orgRowId, kind, holder }: LeaseKey): Promise<void> {
    await this.database.query(
      `update poll_state set lease_until = '-infinity' where org_id = $1 and kind = $2 and lease_holder = $3`,
      [orgRowId, kind, holder],
    );
  }

  /** The refusal for which an org is left alone: not older than `since`, and of one of these tokens. */
  async standingRefusal(orgRowId: number, since: number, tokenKeys: readonly string[]): Promise<string | null> {
    const rows = await this.database.query<{ reason: string }>(
      `select failure_reason as reason from poll_state
       where org_id = $1 and failure_code in ('MIST_UNAUTHORIZED', 'MIST_FORBIDDEN') and failed_at > $2
         and exists (select 1 from unnest($3::text[]) as key where strpos(failure_reason, key) > 0)
       order by failed_at desc limit 1`,
      [orgRowId, new Date(since), tokenKeys],
    );
    return rows[0]?.reason ?? null;
  }

  /** Calls of the last complete poll of this kind, backfills left aside: what the next one will cost. */
  async lastCost(orgRowId: number, kind: CollectKind): Promise<number | null> {
    const rows = await this.database.query<{ calls: number }>(
      'select calls from poll_cycle where org_id = $1 and kind = $2 and pages is not null and not is_backfill order by observed_at desc limit 1',
      [orgRowId, kind],
    );
    return rows[0]?.calls ?? null;
  }
}
