import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { buffer } from 'node:stream/consumers';
import { from, to } from 'pg-copy-streams';
import type { Database } from '@app/shared';

const FORMATS = ['binary', 'text'] as const;
type Format = (typeof FORMATS)[number];

/** The pages of a run as Postgres itself writes them, ready to be sent. */
export interface CopyPages {
  readonly format: Format;
  readonly pages: readonly Buffer[];
}

const TABLE = 'port_sample_copy';

/** A table of the same columns and key, without partitions: the least that a bare COPY of these rows can cost. */
export async function makeCopyTable(database: Database): Promise<void> {
  await database.query(`create table if not exists ${TABLE} (like port_sample including all)`);
}

/** Reads the stored samples of an org back, a buffer for each batch after the first `skipped`, in the format that COPY takes faster. */
export async function pagesOf(database: Database, orgId: number, skipped: number): Promise<CopyPages> {
  const batches = await database.query<{ id: number }>('select id from batch where org_id = $1 order by id offset $2', [
    orgId,
    skipped,
  ]);
  const candidates: (CopyPages & { ms: number })[] = [];
  for (const format of FORMATS) {
    const pages: Buffer[] = [];
    for (const { id } of batches) pages.push(await exported(database, { orgId, id, format }));
    await copyMs(database, { format, pages });
    candidates.push({ format, pages, ms: await copyMs(database, { format, pages }) });
  }
  return candidates.reduce((best, each) => (each.ms < best.ms ? each : best));
}

async function exported(
  database: Database,
  { orgId, id, format }: { orgId: number; id: number; format: Format },
): Promise<Buffer> {
  return database.transaction(({ client }) =>
    buffer(
      client.query(
        to(
          `copy (select * from port_sample where org_id = ${orgId} and batch_id = ${id} order by circuit_id, at) to stdout (format ${format})`,
        ),
      ),
    ),
  );
}

/** Milliseconds to COPY all pages into the empty table, each page committed by itself. */
export async function copyMs(database: Database, { format, pages }: CopyPages): Promise<number> {
  await database.query(`truncate ${TABLE}`);
  const client = await database.pool.connect();
  try {
    const start = performance.now();
    for (const page of pages)
      await pipeline(Readable.from([page]), client.query(from(`copy ${TABLE} from stdin (format ${format})`)));
    return performance.now() - start;
  } finally {
    client.release();
  }
}

export async function copiedRows(database: Database): Promise<number> {
  const [row] = await database.query<{ count: number }>(`select count(*)::int as count from ${TABLE}`);
  return row?.count ?? 0;
}
