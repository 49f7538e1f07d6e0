import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  CLOCK,
  completeCycle,
  correlationId,
  Database,
  JobPublisher,
  openCycle,
  PermanentError,
  setCyclePages,
  TransientError,
  type Clock,
  type CollectKind,
  type CollectKindJob,
} from '@app/shared';
import { COLLECTOR_SETTINGS, type CollectorSettings } from '../collector.settings.js';
import type { MistClient } from '../mist/mist.client.js';
import { MistClients } from '../mist/mist-clients.js';
import { tokenOf } from '../mist/token.js';
import type { CollectedOrg } from '../orgs/org-directory.js';
import { cadenceOf, slotStart } from '../scheduling/slots.js';
import { toBatch, type CycleFacts } from './batches.js';
import { LeaseKeeper } from './lease-keeper.js';
import { Leases, type FailureNote, type Lease, type LeaseKey } from './leases.repository.js';
import { SWEEPS, type Page, type PollRequest } from './pollers.js';
import { SleDetailPoller } from './sle-detail.poller.js';
import type { Window } from './windows.js';

export interface CycleOrder {
  readonly org: CollectedOrg;
  readonly kind: CollectKind;
  readonly reason: CollectKindJob['reason'];
  /** A backfill's window. */
  readonly window?: Window | null;
  /** Aborts with the service. */
  readonly signal?: AbortSignal;
}

/** `idle`: another collector has it, or it is done already. */
export type CycleResult =
  | { readonly is: 'idle' }
  | { readonly is: 'done'; readonly cycleId: string; readonly observedAt: number; readonly pages: number; readonly records: number; readonly calls: number }
  | ({ readonly is: 'failed' } & FailureNote);

export const LEASE_MS = 60_000;
/** What was read and is not stored after this long is read again. */
export const COMMIT_TIMEOUT_MS = 5 * 60_000;
const REFUSED_FOR_MS = 3_600_000;
/** Of a kind that was never read. */
const FIRST_COST = 2;

const STOPPED = 'ORG_STOPPED';

/** One poll of one kind of one org, from the lease to the last page on the queue. */
@Injectable()
export class CycleService {
  private readonly logger = new Logger(CycleService.name);
  private readonly holder = `${process.pid}.${randomUUID()}`;

  constructor(
    @Inject(COLLECTOR_SETTINGS) private readonly settings: CollectorSettings,
    @Inject(Database) private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(JobPublisher) private readonly publisher: JobPublisher,
    private readonly leases: Leases,
    private readonly clients: MistClients,
    private readonly detail: SleDetailPoller,
  ) {}

  /** Failures of Mist are noted in `poll_state` and returned; only those of our own database and queue are thrown. */
  async run(order: CycleOrder): Promise<CycleResult> {
    const now = this.clock.now();
    const { org, kind, reason } = order;
    const key: LeaseKey = { orgRowId: org.rowId, kind, holder: `${this.holder}.${randomUUID()}` };
    const slot = slotStart(now, cadenceOf(org.id, kind, this.settings.intervalsMs[kind]));
    const lease = await this.leases.begin({ ...key, now, reason, leaseMs: LEASE_MS, slotStart: slot, lostBefore: now - COMMIT_TIMEOUT_MS });
    if (lease === null) return { is: 'idle' };
    const keeper = new LeaseKeeper(this.leases, key, this.clock, LEASE_MS);
    try {
      const result = await this.poll(order, lease, keeper.signal);
      await this.leases.endWell(key);
      return result;
    } catch (error) {
      return await this.noteFailure(order, key, error);
    } finally {
      keeper.stop();
    }
  }

  private async poll(order: CycleOrder, lease: Lease, lost: AbortSignal): Promise<CycleResult> {
    const { org, kind } = order;
    const client = this.clients.open(org.source, order.signal === undefined ? lost : AbortSignal.any([lost, order.signal]));
    await this.checkMayStart(order, client);
    const cycle: CycleFacts = {
      orgId: org.id,
      kind,
      cycleId: `${kind}.${lease.observedAt}.${randomUUID().slice(0, 8)}`,
      observedAt: lease.observedAt,
      correlationId: correlationId() ?? randomUUID(),
    };
    const row = { orgId: org.rowId, cycleId: cycle.cycleId };
    await openCycle(this.database, { ...row, kind, observedAt: new Date(cycle.observedAt) });
    try {
      const { pages, records } = await this.publishPages(cycle, this.pages(order, lease, client));
      await this.database.transaction(async (tx) => {
        await setCyclePages(tx, { ...row, pages, calls: client.calls });
        // The analyzer may have stored the last page before it knew that it was the last.
        await completeCycle(tx, org.rowId, cycle.cycleId);
      });
      return { is: 'done', cycleId: cycle.cycleId, observedAt: cycle.observedAt, pages, records, calls: client.calls };
    } finally {
      await client.settle();
    }
  }

  private async checkMayStart({ org, kind, reason }: CycleOrder, client: MistClient): Promise<void> {
    if (reason !== 'now') {
      const tokenKeys = org.source.tokens.map((secret) => tokenOf(org.source.baseUrl, secret).key);
      const refusal = await this.leases.standingRefusal(org.rowId, this.clock.now() - REFUSED_FOR_MS, tokenKeys);
      if (refusal !== null) throw new PermanentError(STOPPED, `This organization is left alone for an hour: ${refusal}`);
      const depth = await this.publisher.depth('ingest');
      if (depth > this.settings.maxQueueDepth) {
        const limit = this.settings.maxQueueDepth;
        throw new TransientError('ANALYZER_BEHIND', `analyzer behind: ${depth} batches wait, more than ${limit}; this poll of ${kind} is left out`);
      }
    }
    await client.reserve((await this.leases.lastCost(org.rowId, kind)) ?? FIRST_COST);
  }

  private pages({ org, kind, window }: CycleOrder, lease: Lease, client: MistClient): AsyncGenerator<Page> {
    const { pageSize, sleWindowHours, sleDetailMaxSites, concurrency } = this.settings;
    const request: PollRequest = {
      client,
      orgId: org.id,
      orgRowId: org.rowId,
      ...lease,
      window: window ?? null,
      pageSize,
      sleWindowHours,
    };
    if (kind === 'sle-detail') return this.detail.poll(request, { maxSites: sleDetailMaxSites, concurrency });
    return SWEEPS[kind](request);
  }

  /** Every page goes out as soon as it is read; a poll that found nothing says so with an empty one. */
  private async publishPages(cycle: CycleFacts, pages: AsyncGenerator<Page>): Promise<{ pages: number; records: number }> {
    let page = 0;
    let records = 0;
    const publish = async (found: Page): Promise<void> => {
      const batch = await toBatch(cycle, found, { page, isPostgresQueue: this.settings.isPostgresQueue });
      await this.publisher.publish('ingest-batch', batch, { jobId: batch.batchId });
      page += 1;
      records += found.records.length;
    };
    for await (const found of pages) await publish(found);
    if (page === 0) await publish({ records: [] });
    return { pages: page, records };
  }

  private async noteFailure({ org, kind }: CycleOrder, key: LeaseKey, error: unknown): Promise<CycleResult> {
    if (!isOfMist(error)) {
      await this.leases.abandon(key);
      throw error;
    }
    const note: FailureNote = { code: error.code, reason: error.message };
    const now = this.clock.now();
    await (note.code === STOPPED ? this.leases.endStopped(key, now, note) : this.leases.endBadly(key, now, note));
    const entry = { message: `Poll of ${kind} failed: ${note.reason}`, code: note.code, orgId: org.id, kind };
    if (error instanceof PermanentError && note.code !== STOPPED) this.logger.error(entry);
    else this.logger.warn(entry);
    return { is: 'failed', ...note };
  }
}

/** Whether a failure belongs to the poll and not to our own database, queue or stop. */
function isOfMist(error: unknown): error is TransientError | PermanentError {
  return (error instanceof TransientError || error instanceof PermanentError) && !/^(DATABASE|QUEUE)_|^COLLECT_ABORTED$/.test(error.code);
}
