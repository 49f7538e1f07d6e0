import { RAW_BATCH_VERSION, type BatchKind, type RawBatch } from '@app/shared';
import type { Rig } from '../rig.js';

/** What one run did. */
export interface Run {
  readonly orgId: number;
  /** From the first job taken to the last batch committed. */
  readonly ms: number;
  /** Closing the hour afterwards, where that is not part of the batches. */
  readonly closingMs: number;
}

/** A way in which samples arrive; every run brings the same ones to an org of its own. */
export interface Shape {
  readonly key: string;
  readonly name: string;
  /** Samples that count; what is sent beforehand to make the circuits known does not. */
  readonly samples: number;
  /** Batches of a run that come before those that count. */
  readonly pagesBefore: number;
  run(rig: Rig, org: string): Promise<Run>;
}

interface PageOf {
  readonly org: string;
  readonly kind: BatchKind;
  readonly page: number;
  readonly observedAt: number;
  readonly records: readonly unknown[];
}

/** A page as a collector puts it on the queue. */
export const batchOf = ({ org, kind, page, observedAt, records }: PageOf): RawBatch => ({
  batchId: `${org}-${observedAt}-${page}`,
  orgId: org,
  kind,
  cycleId: `${org}-${observedAt}`,
  page,
  observedAt,
  schemaVersion: RAW_BATCH_VERSION,
  correlationId: `${org}-${observedAt}`,
  records,
});
