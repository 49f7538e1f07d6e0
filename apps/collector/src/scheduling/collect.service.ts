import { Inject, Injectable } from '@nestjs/common';
import { COLLECT_KINDS, JobPublisher, PermanentError, type CollectKind } from '@app/shared';
import { OrgDirectory, type CollectedOrg } from '../orgs/org-directory.js';
import type { CycleResult } from '../polling/cycle-order.js';
import { CycleService } from '../polling/cycle.service.js';

/** Polls on request. */
@Injectable()
export class CollectService {
  constructor(
    @Inject(JobPublisher) private readonly publisher: JobPublisher,
    private readonly orgs: OrgDirectory,
    private readonly cycles: CycleService,
  ) {}

  /** Puts a poll of each kind on the queue, whatever the schedule says. */
  async collectNow(orgId: string, kinds: readonly CollectKind[] = COLLECT_KINDS): Promise<void> {
    const org = await this.require(orgId);
    await this.publisher.publishMany(
      'collect-kind',
      kinds.map((kind) => ({ orgId: org.id, kind, reason: 'now' as const })),
    );
  }

  /** Polls here and now and tells what came of it. */
  async runCycle(orgId: string, kind: CollectKind): Promise<CycleResult> {
    return this.cycles.run({ org: await this.require(orgId), kind, reason: 'now' });
  }

  private async require(orgId: string): Promise<CollectedOrg> {
    const org = await this.orgs.find(orgId);
    if (org !== null) return org;
    throw new PermanentError(
      'ORG_NOT_CONFIGURED',
      `Organization "${orgId}" is not configured here (or disabled): add it under orgs.`,
    );
  }
}
