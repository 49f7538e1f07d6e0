import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { CLOCK, PermanentError, TransientError, type Clock } from '@app/shared';
import { COLLECTOR_SETTINGS, type CollectorSettings } from '../collector.settings.js';
import { cadenceOf, slotStart } from '../scheduling/slots.js';
import { ORG_STOPPED } from './admission.js';
import type { CycleOrder, CycleResult } from './cycle-order.js';
import { LeaseKeeper } from './lease-keeper.js';
import { Leases, type FailureNote, type LeaseKey } from './leases.repository.js';
import { Poll } from './poll.js';

const LEASE_MS = 60_000;
/** What was read and is not stored after this long is read again. */
export const COMMIT_TIMEOUT_MS = 5 * 60_000;

/** One poll of one kind of one org, if it is nobody else's and not done yet. */
@Injectable()
export class CycleService {
  private readonly logger = new Logger(CycleService.name);

  constructor(
    @Inject(COLLECTOR_SETTINGS) private readonly settings: CollectorSettings,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly leases: Leases,
    private readonly poll: Poll,
  ) {}

  /** Failures of Mist are noted in `poll_state` and returned; those of our own database and queue are thrown, so that the job is tried again. */
  async run(order: CycleOrder): Promise<CycleResult> {
    const now = this.clock.now();
    const { org, kind, reason } = order;
    const key: LeaseKey = { orgRowId: org.rowId, kind, holder: `${process.pid}.${randomUUID()}` };
    const slot = slotStart(now, cadenceOf(org.id, kind, this.settings.intervalsMs[kind]));
    const lease = await this.leases.begin({
      ...key,
      now,
      reason,
      leaseMs: LEASE_MS,
      slotStart: slot,
      lostBefore: now - COMMIT_TIMEOUT_MS,
    });
    if (lease === null) return { is: 'idle' };
    const keeper = new LeaseKeeper(this.leases, key, this.clock, LEASE_MS);
    try {
      const done = await this.poll.run(order, lease, keeper.signal);
      await this.leases.endWell(key);
      return done;
    } catch (error) {
      // Whoever holds the lease now makes this poll; nothing of ours is to be noted, tried again or parked.
      if (keeper.signal.aborted) return this.leaveToOther(order, error);
      return await this.noteFailure(order, key, error);
    } finally {
      keeper.stop();
    }
  }

  private leaveToOther({ org, kind }: CycleOrder, error: unknown): CycleResult {
    this.logger.warn({
      message: `A poll of ${kind} was left to another collector: its lease was lost`,
      orgId: org.id,
      kind,
      error,
    });
    return { is: 'idle' };
  }

  private async noteFailure({ org, kind }: CycleOrder, key: LeaseKey, error: unknown): Promise<CycleResult> {
    if (!isOfMist(error)) {
      await this.leases.abandon(key);
      throw error;
    }
    const note: FailureNote = { code: error.code, reason: error.message };
    const now = this.clock.now();
    const isStopped = note.code === ORG_STOPPED;
    await (isStopped ? this.leases.endStopped(key, now, note) : this.leases.endBadly(key, now, note));
    const entry = { message: `Poll of ${kind} failed: ${note.reason}`, code: note.code, orgId: org.id, kind };
    if (error instanceof PermanentError && !isStopped) this.logger.error(entry);
    else this.logger.warn(entry);
    return { is: 'failed', ...note };
  }
}

/** Whether a failure belongs to the poll and not to our own database, queue or stop. */
function isOfMist(error: unknown): error is TransientError | PermanentError {
  return (
    (error instanceof TransientError || error instanceof PermanentError) &&
    !/^(DATABASE|QUEUE)_|^COLLECT_ABORTED$/.test(error.code)
  );
}
