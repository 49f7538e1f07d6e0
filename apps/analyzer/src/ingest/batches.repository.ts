import type { SetAside } from '@app/mist';
import { printable, toJsonb, type RawBatch, type Transaction } from '@app/shared';

export interface StoredBatch {
  readonly orgId: number;
  readonly batchId: string;
  readonly id: number;
}

/**
 * Takes note of a batch inside its transaction. `null` when it was committed before: the repeat of a delivery, of which nothing is to be done.
 * A second delivery at the same moment waits here for the first one's end.
 */
export async function claimBatch(
  tx: Transaction,
  orgId: number,
  batch: RawBatch,
  counts: { records: number; setAside: number },
): Promise<StoredBatch | null> {
  const rows = await tx.query<{ id: number }>(
    `insert into batch (org_id, batch_id, cycle_id, kind, observed_at, records, set_aside) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (org_id, batch_id) do nothing returning id`,
    [orgId, batch.batchId, batch.cycleId, batch.kind, new Date(batch.observedAt), counts.records, counts.setAside],
  );
  const row = rows[0];
  return row === undefined ? null : { orgId, batchId: batch.batchId, id: row.id };
}

/** Keeps records that did not parse, with their reason, so that nothing is dropped in silence. */
export async function parkRecords(
  tx: Transaction,
  batch: StoredBatch,
  kind: string,
  setAside: readonly SetAside[],
): Promise<void> {
  if (setAside.length === 0) return;
  await tx.query(
    `insert into parked_record (org_id, batch_id, kind, position, reason, record)
     select $1, $2, $3, u.position, u.reason, u.record from unnest($4::int[], $5::text[], $6::jsonb[]) as u (position, reason, record)
     on conflict (org_id, batch_id, position) do nothing`,
    [
      batch.orgId,
      batch.batchId,
      kind,
      setAside.map((item) => item.position),
      setAside.map((item) => printable(item.reason)),
      setAside.map((item) => toJsonb(item.record)),
    ],
  );
}
