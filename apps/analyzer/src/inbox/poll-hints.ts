import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, Database, JobPublisher, type Clock, type CollectKind } from '@app/shared';

const MINUTE_MS = 60_000;
/** Scores cover whole hours and cost more calls than events. */
const SCORES_EVERY_MS = 5 * MINUTE_MS;

const pauseMs = (kind: CollectKind): number => (kind.startsWith('sle-') ? SCORES_EVERY_MS : MINUTE_MS);

/** Asks for a poll where a webhook says that something changed but not what; never more often than is worth its calls. */
@Injectable()
export class PollHints {
  constructor(
    private readonly database: Database,
    private readonly publisher: JobPublisher,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async ask(org: { readonly id: number; readonly externalId: string }, kinds: readonly CollectKind[]): Promise<void> {
    const now = this.clock.now();
    const rows = await this.database.query<{ kind: CollectKind; at: Date | null }>(
      'select kind, attempted_at as at from poll_state where org_id = $1 and kind = any($2)',
      [org.id, kinds],
    );
    const lastOf = new Map(rows.map(({ kind, at }) => [kind, at?.getTime() ?? -Infinity]));
    for (const kind of kinds) {
      if (now - (lastOf.get(kind) ?? -Infinity) < pauseMs(kind)) continue;
      const payload = { orgId: org.externalId, kind, reason: 'now' as const };
      await this.publisher.publish('collect-kind', payload, { jobId: `hint-${String(org.id)}-${kind}` });
    }
  }
}
