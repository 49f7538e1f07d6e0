import { Inject, Injectable } from '@nestjs/common';
import { COLLECT_KINDS, Database, type CollectKind } from '@app/shared';

/** Failures that only an operator mends. */
const NOT_AT_ONCE = ['MIST_UNAUTHORIZED', 'MIST_FORBIDDEN', 'ORG_STOPPED'];
const MAX_BACKOFF_MINUTES = 32;

/** Polls that must be made again before their next slot. */
@Injectable()
export class OverduePolls {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Never made, left by a dead process, failed (the oftener, the later), or read and never stored. */
  async list(orgRowId: number, now: number, lostBefore: number): Promise<CollectKind[]> {
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
