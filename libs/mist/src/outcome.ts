import type { EpochMs } from '@app/domain';

/** What was asked, where the rows alone do not say: `siteId`, `metric`, `windowFrom`, `windowTo` (epoch ms); `orgId` where rows may be of another org. */
export type BatchContext = Readonly<Record<string, string | number | null>>;

export interface Asked {
  readonly observedAt: EpochMs;
  readonly context: BatchContext;
}

/** What became of one row: a record, somebody else's row, or a fault that says which field. */
export type Outcome<R> =
  | { readonly is: 'ours'; readonly record: R }
  | { readonly is: 'not-ours'; readonly reason: string }
  | { readonly is: 'faulty'; readonly reason: string };
