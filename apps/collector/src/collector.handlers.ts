import { Controller, Inject, Logger } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { CollectKindJob, HandlesJob, Job, JobContext, JobPublisher } from '@app/shared';
import { OrgDirectory } from './orgs/org-directory.js';
import { CycleService } from './polling/cycle.service.js';
import { OrgGate } from './scheduling/org-gate.js';

const BUSY_WAIT_MS = 500;

/** Polls, as the queue asks for them. */
@Controller()
export class CollectorHandlers {
  private readonly logger = new Logger(CollectorHandlers.name);

  constructor(
    private readonly orgs: OrgDirectory,
    private readonly cycles: CycleService,
    private readonly gate: OrgGate,
    @Inject(JobPublisher) private readonly publisher: JobPublisher,
  ) {}

  @HandlesJob('collect-kind')
  async collectKind(@Payload() order: CollectKindJob, @Job() job: JobContext): Promise<void> {
    const { kind, reason } = order;
    const org = await this.orgs.find(order.orgId);
    if (org === null)
      return this.logger.warn({ message: `A poll of ${kind} is dropped: organization ${order.orgId} is not configured` });
    const leave = this.gate.enter(org.id);
    if (leave === null) return this.comeBack(order, job.jobId);
    try {
      const result = await this.cycles.run({ org, kind, reason, signal: job.signal });
      if (result.is === 'done') this.logger.log({ message: `Read ${kind}`, orgId: org.id, ...result });
    } finally {
      leave();
    }
  }

  /** The org has its share of this process; its polls wait outside, so that the workers serve the others. */
  private async comeBack(order: CollectKindJob, jobId: string): Promise<void> {
    const what = Buffer.from(JSON.stringify([order.orgId, order.kind, order.reason])).toString('base64url');
    // A job that still runs keeps its id taken, so the one that follows it bears the other of two.
    const turn = jobId.endsWith('.a') ? 'b' : 'a';
    await this.publisher.publish('collect-kind', order, { delayMs: BUSY_WAIT_MS, jobId: `busy.${what}.${turn}` });
  }
}
