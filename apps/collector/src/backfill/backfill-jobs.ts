import { Inject, Injectable } from '@nestjs/common';
import { backfillJobId, JobPublisher } from '@app/shared';
import type { CollectedOrg } from '../orgs/org-directory.js';
import { BackfillStore } from './backfills.store.js';

/** Keeps one job on the queue for an org that has a backfill to go on with. */
@Injectable()
export class BackfillJobs {
  constructor(
    @Inject(JobPublisher) private readonly publisher: JobPublisher,
    private readonly store: BackfillStore,
  ) {}

  async start(orgId: string): Promise<void> {
    await this.publisher.publish('run-backfill', { orgId }, { jobId: backfillJobId(orgId) });
  }

  /** A job that still runs keeps its id taken, so the one that follows it bears the other of two. */
  async goOn(orgId: string, jobId: string, delayMs: number): Promise<void> {
    await this.publisher.publish(
      'run-backfill',
      { orgId },
      { delayMs, jobId: backfillJobId(orgId, jobId.endsWith('.a') ? 'b' : 'a') },
    );
  }

  /** What the queue has forgotten is asked for again. */
  async revive({ id, rowId }: CollectedOrg): Promise<void> {
    if (await this.store.isOpen(rowId)) await this.start(id);
  }
}
