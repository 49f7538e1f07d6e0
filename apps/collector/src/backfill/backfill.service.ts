import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { CLOCK, PermanentError, TransientError, type Clock } from '@app/shared';
import type { CollectedOrg } from '../orgs/org-directory.js';
import { Admission } from '../polling/admission.js';
import { COMMIT_TIMEOUT_MS } from '../polling/cycle.service.js';
import { LeaseKeeper } from '../polling/lease-keeper.js';
import { BackfillAsking } from './backfill-asking.js';
import { BackfillStore, type BackfillKey, type LeasedBackfill, type Waiting } from './backfills.store.js';

/** `idle`: nothing is open, or another collector is at it; `more`: to be gone on with, after so long. */
export type SliceResult =
  { readonly is: 'idle' } | { readonly is: 'finished' } | { readonly is: 'more'; readonly afterMs: number };

const LEASE_MS = 120_000;
/** A job works this long and then makes room for polls. */
const SLICE_MS = 15_000;
const STORING_PAUSE_MS = 1_000;
const MINUTE_MS = 60_000;
/** A refused token is tried again after this. */
const REFUSED_FOR_MS = 3_600_000;

/** Reads windows of the past again, a few questions at a time, from what regular polls leave of the budget. Everything that must last is in Postgres. */
@Injectable()
export class BackfillService {
  private readonly logger = new Logger(BackfillService.name);

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly store: BackfillStore,
    private readonly admission: Admission,
    private readonly asking: BackfillAsking,
  ) {}

  /** Goes on with the org's oldest open backfill for a while. */
  async runSlice(org: CollectedOrg, signal?: AbortSignal): Promise<SliceResult> {
    const now = this.clock.now();
    const holder = `${process.pid}.${randomUUID()}`;
    const backfill = await this.store.lease(org.rowId, holder, { now, until: now + LEASE_MS });
    if (backfill === null) return { is: 'idle' };
    const key: BackfillKey = { orgRowId: org.rowId, backfillId: backfill.backfillId, holder };
    const keeper = new LeaseKeeper(this.store, key, this.clock, LEASE_MS);
    try {
      const stop = signal === undefined ? keeper.signal : AbortSignal.any([keeper.signal, signal]);
      return await this.work(org, backfill, stop);
    } catch (error) {
      if (keeper.signal.aborted) return { is: 'idle' };
      return await this.pause(org, key, error);
    } finally {
      keeper.stop();
    }
  }

  private async work(org: CollectedOrg, backfill: LeasedBackfill, signal: AbortSignal): Promise<SliceResult> {
    if (!backfill.isPlanned) await this.store.plan(backfill, this.clock.now());
    const until = performance.now() + SLICE_MS;
    while (performance.now() < until && !signal.aborted) {
      await this.store.settle(backfill, this.clock.now() - COMMIT_TIMEOUT_MS);
      const steps = await this.store.next(backfill, this.asking.atOnce);
      const [first] = steps;
      if (first === undefined) {
        if ((await this.store.underWay(backfill)) > 0) return await this.handOver(backfill, STORING_PAUSE_MS);
        await this.store.finish(backfill, this.clock.now());
        this.logger.log({ message: 'A backfill is finished', orgId: org.id, backfillId: backfill.backfillId });
        return { is: 'finished' };
      }
      await this.admission.checkBacklog('a step of a backfill');
      await this.asking.ask(
        { org, key: backfill, observedAt: this.clock.now(), signal },
        first.kind === 'wan-hours' ? steps : [first],
      );
    }
    return this.handOver(backfill, 0);
  }

  private async handOver(key: BackfillKey, afterMs: number): Promise<SliceResult> {
    await this.store.release(key, null);
    return { is: 'more', afterMs };
  }

  /** What stands against going on is written down with its time; failures of our own database and queue are thrown, so that the job is tried again. */
  private async pause(org: CollectedOrg, key: BackfillKey, error: unknown): Promise<SliceResult> {
    const isKnown = error instanceof TransientError || error instanceof PermanentError;
    if (!isKnown || /^(DATABASE|QUEUE)_|^COLLECT_ABORTED$/.test(error.code)) {
      await this.store.release(key, null);
      throw error;
    }
    const waiting: Waiting = { code: error.code, reason: error.message, until: this.clock.now() + waitMs(error) };
    await this.store.release(key, waiting);
    this.logger.warn({ message: `A backfill waits: ${waiting.reason}`, code: waiting.code, orgId: org.id });
    return { is: 'more', afterMs: waiting.until - this.clock.now() };
  }
}

/** A backfill's share grows as the hour goes by, so that it looks again before the next one. */
function waitMs(error: TransientError | PermanentError): number {
  if (error instanceof PermanentError) return REFUSED_FOR_MS;
  return error.code === 'BUDGET_EXHAUSTED'
    ? Math.min(error.retryAfterMs ?? MINUTE_MS, 5 * MINUTE_MS)
    : (error.retryAfterMs ?? MINUTE_MS);
}
