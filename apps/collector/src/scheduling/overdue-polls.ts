import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, COLLECT_KINDS, Database, JobPublisher, type Clock, type CollectKind } from '@app/shared';
import { BackfillJobs } from '../backfill/backfill-jobs.js';
import type { CollectedOrg } from '../orgs/org-directory.js';
import { COMMIT_TIMEOUT_MS } from '../polling/cycle.service.js';
import { scheduleId } from './slots.js';

/** Failures that only an operator mends. */
const NOT_AT_ONCE = ['MIST_UNAUTHORIZED', 'MIST_FORBIDDEN', 'ORG_STOPPED'];
const MAX_BACKOFF_MINUTES = 32;

/** Polls that must be made again before their next slot, and backfills that nobody is at. */
@Injectable()
export class OverduePolls {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(JobPublisher) private readonly publisher: JobPublisher,
    private readonly backfills: BackfillJobs,
  ) {}

  async publish(org: CollectedOrg): Promise<void> {
    const { id: orgId, rowId } = org;
    await this.backfills.revive(org);
    for (const kind of await this.list(rowId)) {
      await this.publisher.publish(
        'collect-kind',
        { orgId, kind, reason: 'again' },
        { jobId: `again.${scheduleId(orgId, kind)}` },
      );
    }
  }

  /** Never made, left by a dead process, failed (the oftener, the later), or read and never stored. */
  private async list(orgRowId: number): Promise<CollectKind[]> {
    const now = this.clock.now();
    const lostBefore = now - COMMIT_TIMEOUT_MS;
    const rows = await this.database.query<{ kind: CollectKind }>(
      `select k.kind from unnest($2::text[]) with ordinality as k (kind, position)
       left join poll_state p on p.org_id = $1 and p.kind = k.kind
       where case
         when p.attempted_at is null then true
         when p.lease_holder is not null then p.lease_until < $3
         when p.failure_code = any($5::text[]) then false
         when p.failed_at >= p.attempted_at then p.failed_at < $3::timestamptz - make_interval(mins => least(power(2, least(p.failures, 6))::int, $6::int))
         else p.attempted_at < $4 and coalesce(p.committed_at, '-infinity') < p.attempted_at
       end
       order by k.position`,
      [orgRowId, COLLECT_KINDS, new Date(now), new Date(lostBefore), NOT_AT_ONCE, MAX_BACKOFF_MINUTES],
    );
    return rows.map(({ kind }) => kind);
  }
}
