import { gunzipSync } from 'node:zlib';
import { Inject, Injectable } from '@nestjs/common';
import type { EpochMs } from '@app/domain';
import { mapBatch, mapWanHours } from '@app/mist';
import {
  CLOCK,
  completeCycle,
  Database,
  JobPublisher,
  lockLinks,
  PermanentError,
  requireOrg,
  type Clock,
  type RawBatch,
  type Transaction,
} from '@app/shared';
import { claimBatch, parkRecords } from './batches.repository.js';
import { withoutGoneSamples } from './gone-samples.js';
import type { Incoming } from './observed.js';
import { readingsOf } from './readings.js';
import { withoutWrongClocks } from './wrong-clocks.js';
import { isTooFarAhead, tooFarAhead } from './time-check.js';
import { BatchPipeline } from './writer-set.js';

/** Largest page we unpack; a bigger one is an attack or a fault. */
const MAX_UNPACKED_BYTES = 256 * 1024 * 1024;

export interface Committed {
  /** The batch had been committed before; nothing was done. */
  readonly isRepeat: boolean;
  readonly alertsChanged: number;
}

/** What is written in the transaction of a batch beside it; not called for a repeat. */
export type Alongside = (tx: Transaction, mapped: Incoming['mapped']) => Promise<void>;

/** The way of a raw batch into facts, severities and alerts, in one transaction. */
@Injectable()
export class IngestService {
  constructor(
    private readonly database: Database,
    private readonly publisher: JobPublisher,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly pipeline: BatchPipeline,
  ) {}

  async commit(batch: RawBatch, alongside?: Alongside): Promise<Committed> {
    const org = await requireOrg(this.database, batch.orgId);
    const now = this.clock.now();
    if (isTooFarAhead(batch.observedAt, now)) throw tooFarAhead(batch, now);
    const records = recordsOf(batch);
    const mapped = await withoutGoneSamples(this.database, {
      orgId: org.id,
      mapped: readAll(batch, records, now),
      rows: records,
      now,
    });
    const incoming: Incoming = { org, batch, mapped, now };
    await this.pipeline.prepare(this.database, incoming);
    const ran = await this.database.transaction(async (tx) => {
      await lockLinks(tx, org.id, 'shared');
      const stored = await claimBatch(tx, org.id, batch, { records: records.length, setAside: mapped.setAside.length });
      if (stored === null) return null;
      await parkRecords(tx, stored, batch.kind, mapped.setAside);
      const left = await this.pipeline.run(tx, incoming, stored.id);
      await completeCycle(tx, org.id, batch.cycleId);
      await alongside?.(tx, mapped);
      return left;
    });
    if (ran !== null && ran.alertsChanged > 0) await this.publisher.publish('drain-outbox', { orgId: batch.orgId });
    if (ran !== null && ran.failoverMarks > 0) await this.publisher.publish('drain-failovers', { orgId: batch.orgId });
    if (ran !== null && ran.rederive > 0) await this.publisher.publish('rederive-circuits', { orgId: batch.orgId });
    return { isRepeat: ran === null, alertsChanged: ran?.alertsChanged ?? 0 };
  }
}

function readAll(batch: RawBatch, records: readonly unknown[], now: EpochMs): Incoming['mapped'] {
  if (batch.kind === 'port-samples') return readingsOf(records, now);
  if (batch.kind === 'wan-hours') return mapWanHours(records, batch.observedAt);
  return withoutWrongClocks(mapBatch(batch.kind, records, batch.observedAt, batch.context), records, now);
}

function recordsOf(batch: RawBatch): readonly unknown[] {
  if (batch.packed === undefined) return batch.records ?? [];
  const json = gunzipSync(Buffer.from(batch.packed, 'base64'), { maxOutputLength: MAX_UNPACKED_BYTES }).toString('utf8');
  const records: unknown = JSON.parse(json);
  if (!Array.isArray(records))
    throw new PermanentError('BATCH_MALFORMED', `Batch ${batch.batchId}: the packed page is not a list.`);
  return records;
}
