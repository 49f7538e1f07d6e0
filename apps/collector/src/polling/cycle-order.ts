import type { CollectKind, CollectKindJob } from '@app/shared';
import type { CollectedOrg } from '../orgs/org-directory.js';

export interface CycleOrder {
  readonly org: CollectedOrg;
  readonly kind: CollectKind;
  readonly reason: CollectKindJob['reason'];
  /** Aborts with the service. */
  readonly signal?: AbortSignal;
}

export interface CycleDone {
  readonly is: 'done';
  readonly cycleId: string;
  readonly observedAt: number;
  readonly pages: number;
  readonly records: number;
  readonly calls: number;
}

/** `idle`: another collector has it, or it is done already. */
export type CycleResult =
  { readonly is: 'idle' } | CycleDone | { readonly is: 'failed'; readonly code: string; readonly reason: string };
