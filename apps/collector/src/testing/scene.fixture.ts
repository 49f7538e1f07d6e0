import type { INestApplicationContext } from '@nestjs/common';
import { startMistCloud, type MistCloud } from '@app/mist-cloud';
import type { CollectKind, CollectKindJob, RawBatch } from '@app/shared';
import { waitFor } from '@app/testing';
import { OrgDirectory } from '../orgs/org-directory.js';
import type { CycleResult } from '../polling/cycle-order.js';
import { CycleService } from '../polling/cycle.service.js';
import { CollectService } from '../scheduling/collect.service.js';
import { openCollector, runtimeFor, startBatchSink, startRig, type BatchSink, type Rig } from './rig.fixture.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export interface SceneOptions {
  readonly orgs?: number;
  readonly sites?: number;
  readonly collect?: object;
}

interface PollState extends Record<string, unknown> {
  readonly code: string | null;
  readonly reason: string | null;
  readonly holder: string | null;
}

/** A simulated cloud, a collector without workers that reads it, and somebody who takes its batches off the queue. */
export class Scene {
  private constructor(
    readonly rig: Rig,
    readonly cloud: MistCloud,
    readonly collector: INestApplicationContext,
    readonly sink: BatchSink,
  ) {}

  static async start({ orgs = 1, sites = 30, collect = {} }: SceneOptions = {}): Promise<Scene> {
    const rig = await startRig();
    const cloud = await startMistCloud({ orgs, sitesPerOrg: sites });
    cloud.clock.advance(10 * HOUR_MS + 20 * MINUTE_MS);
    const entries = cloud.orgs.map(({ id, token }) => ({ id, baseUrl: cloud.url, token }));
    const runtime = runtimeFor(rig, cloud.clock, { orgs: entries, collect });
    return new Scene(rig, cloud, await openCollector(runtime), await startBatchSink(rig, runtime));
  }

  async close(): Promise<void> {
    await this.collector.close();
    await this.sink.close();
    await this.cloud.close();
    await this.rig.stop();
  }

  orgId(index = 0): string {
    return this.cloud.orgs[index]?.id ?? '';
  }

  pollNow(kind: CollectKind): Promise<CycleResult> {
    return this.collector.get(CollectService).runCycle(this.orgId(), kind);
  }

  /** As a job of the queue would have it; the first org without another. */
  async poll(
    kind: CollectKind,
    reason: CollectKindJob['reason'],
    { org = this.orgId() }: { readonly org?: string } = {},
  ): Promise<CycleResult> {
    const found = await this.collector.get(OrgDirectory).find(org);
    if (found === null) throw new Error(`no org ${org}`);
    return this.collector.get(CycleService).run({ org: found, kind, reason });
  }

  /** In the order of their pages; several are taken off the queue at once. */
  batchesOf(kind: RawBatch['kind']): RawBatch[] {
    return this.sink.batches.filter((batch) => batch.kind === kind).sort((a, b) => a.page - b.page);
  }

  /** Waits until a poll of this kind is stored; returns the time from which the next one continues. */
  committed(kind: CollectKind): Promise<number> {
    const find = async (): Promise<number | undefined> => {
      const sql = 'select committed_at as at from poll_state where kind = $1';
      const [row] = await this.rig.database.query<{ at: Date | null }>(sql, [kind]);
      return row?.at?.getTime();
    };
    return waitFor(find, { describe: `the commit of ${kind}` });
  }

  async state(kind: CollectKind): Promise<PollState> {
    const sql = 'select failure_code as code, failure_reason as reason, lease_holder as holder from poll_state where kind = $1';
    const [row] = await this.rig.database.query<PollState>(sql, [kind]);
    if (row === undefined) throw new Error(`${kind} was never polled`);
    return row;
  }
}
