import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { HandlesJob, Job, JobContext, RunBackfillJob } from '@app/shared';
import { OrgDirectory } from '../orgs/org-directory.js';
import { OrgGate } from '../scheduling/org-gate.js';
import { BackfillJobs } from './backfill-jobs.js';
import { BackfillService } from './backfill.service.js';

const BUSY_WAIT_MS = 2_000;

/** A stretch of a backfill, as the queue asks for it. */
@Controller()
export class BackfillHandlers {
  constructor(
    private readonly orgs: OrgDirectory,
    private readonly gate: OrgGate,
    private readonly backfills: BackfillService,
    private readonly jobs: BackfillJobs,
  ) {}

  @HandlesJob('run-backfill')
  async runBackfill(@Payload() { orgId }: RunBackfillJob, @Job() job: JobContext): Promise<void> {
    const org = await this.orgs.find(orgId);
    if (org === null) return;
    const leave = this.gate.enter(org.id);
    if (leave === null) return this.jobs.goOn(orgId, job.jobId, BUSY_WAIT_MS);
    try {
      const result = await this.backfills.runSlice(org, job.signal);
      if (result.is === 'finished') await this.jobs.goOn(orgId, job.jobId, 0);
      if (result.is === 'more') await this.jobs.goOn(orgId, job.jobId, result.afterMs);
    } finally {
      leave();
    }
  }
}
