import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { correlationId, TransientError } from '@app/shared';
import type { CollectedOrg } from '../orgs/org-directory.js';
import type { CycleFacts } from '../polling/batches.js';
import { CycleWriter } from '../polling/cycle-writer.js';
import type { Page } from '../polling/pollers.js';
import { OrgClients } from '../polling/org-clients.js';
import { BackfillStore, type BackfillKey, type BackfillStep } from './backfills.store.js';
import { CALLS_PER_PORT, isOfOneQuestion, StepReader, type Asked, type FailedStep } from './step-reader.js';

const MINUTE_MS = 60_000;

export interface Asking {
  readonly org: CollectedOrg;
  readonly key: BackfillKey;
  readonly observedAt: number;
  readonly signal: AbortSignal;
}

/** Asks Mist some questions of a backfill and puts the answers on the queue. */
@Injectable()
export class BackfillAsking {
  constructor(
    private readonly clients: OrgClients,
    private readonly reader: StepReader,
    private readonly writer: CycleWriter,
    private readonly store: BackfillStore,
  ) {}

  /** Questions that go together. */
  get atOnce(): number {
    return this.reader.atOnce;
  }

  /** Throws what stands against asking at all. */
  async ask({ org, key, observedAt, signal }: Asking, steps: readonly BackfillStep[]): Promise<void> {
    const client = await this.clients.spare(org, observedAt, signal);
    try {
      await client.reserve(steps.length * CALLS_PER_PORT);
      const failed = await this.read(key, steps, { org, client, observedAt, backfillId: key.backfillId });
      for (const { step, reason } of failed) await this.store.markFailed(key, [step], reason);
      if (failed.length === steps.length) throw nothingAnswered(failed);
    } finally {
      await client.settle();
    }
  }

  /** Puts the answers on the queue as a cycle of their own; returns the questions that failed. */
  private async read(key: BackfillKey, steps: readonly BackfillStep[], asked: Asked): Promise<readonly FailedStep[]> {
    const [first] = steps;
    if (first === undefined) return [];
    const { org, observedAt } = asked;
    const cycle: CycleFacts = {
      orgId: org.id,
      kind: first.kind,
      cycleId: `backfill.${key.backfillId}.${first.position}.${randomUUID().slice(0, 8)}`,
      observedAt,
      correlationId: correlationId() ?? randomUUID(),
    };
    await this.writer.open(org.rowId, cycle, true);
    try {
      const { found, failed } = await this.found(steps, first, asked);
      if (failed.length === steps.length) return failed;
      const { pages } = await this.writer.publish(cycle, found);
      const read = steps.filter((step) => !failed.some((each) => each.step === step));
      await this.store.markRead(key, read, { cycleId: cycle.cycleId, now: observedAt });
      await this.writer.close(org.rowId, cycle, { pages, calls: asked.client.calls });
      return failed;
    } catch (error) {
      if (!isOfOneQuestion(error)) throw error;
      return [{ step: first, reason: error.message }];
    }
  }

  private async found(
    steps: readonly BackfillStep[],
    first: BackfillStep,
    asked: Asked,
  ): Promise<{ readonly found: AsyncIterable<Page> | Iterable<Page>; readonly failed: readonly FailedStep[] }> {
    if (first.kind !== 'wan-hours') return { found: this.reader.window(first, asked), failed: [] };
    const { page, failed } = await this.reader.ports(steps, asked);
    return { found: [page], failed };
  }
}

/** Mist is probably down: it is asked again later and later. */
function nothingAnswered(failed: readonly FailedStep[]): TransientError {
  const attempts = Math.min(...failed.map(({ step }) => step.attempts));
  return new TransientError('BACKFILL_UNANSWERED', failed[0]?.reason ?? '', { retryAfterMs: MINUTE_MS * 2 ** attempts });
}
