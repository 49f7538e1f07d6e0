import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { RAW_BATCH_VERSION, type BatchKind, type RawBatch } from '@app/shared';
import type { Page } from './pollers.js';

/** The poll a page belongs to. */
export interface CycleFacts {
  readonly orgId: string;
  readonly kind: BatchKind;
  readonly cycleId: string;
  readonly observedAt: number;
  readonly correlationId: string;
}

const MB = 1024 * 1024;
const PACK_ABOVE_BYTES = MB;
/** The queue in Postgres writes every byte twice. */
const PACK_ABOVE_BYTES_POSTGRES = MB / 4;
const FAST = { level: 1 };

const pack = promisify<Buffer, { level: number }, Buffer>(gzip);

/** The same page of the same poll has the same id, however often it is sent. */
function batchIdOf({ orgId, kind, observedAt }: CycleFacts, page: number, content: string): string {
  return createHash('sha256')
    .update(JSON.stringify([orgId, kind, observedAt, page]))
    .update(content)
    .digest('hex');
}

/** One page as the job that carries it; large ones travel packed. */
export async function toBatch(
  cycle: CycleFacts,
  { records, context }: Page,
  options: { page: number; isPostgresQueue: boolean },
): Promise<RawBatch> {
  const json = JSON.stringify(records);
  const isLarge = Buffer.byteLength(json) > (options.isPostgresQueue ? PACK_ABOVE_BYTES_POSTGRES : PACK_ABOVE_BYTES);
  const content = context === undefined ? json : JSON.stringify(context) + json;
  return {
    batchId: batchIdOf(cycle, options.page, content),
    ...cycle,
    page: options.page,
    schemaVersion: RAW_BATCH_VERSION,
    ...(isLarge ? { packed: (await pack(Buffer.from(json), FAST)).toString('base64') } : { records }),
    ...(context === undefined ? {} : { context }),
  };
}
