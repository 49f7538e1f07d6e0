import { Inject, Injectable } from '@nestjs/common';
import { completeCycle, Database, JobPublisher, openCycle, setCyclePages } from '@app/shared';
import { COLLECTOR_SETTINGS, type CollectorSettings } from '../collector.settings.js';
import { toBatch, type CycleFacts } from './batches.js';
import type { Page } from './pollers.js';

/** Puts the pages of a poll on the queue and keeps its row in `poll_cycle`. */
@Injectable()
export class CycleWriter {
  constructor(
    @Inject(COLLECTOR_SETTINGS) private readonly settings: CollectorSettings,
    @Inject(Database) private readonly database: Database,
    @Inject(JobPublisher) private readonly publisher: JobPublisher,
  ) {}

  async open(orgRowId: number, { cycleId, kind, observedAt }: CycleFacts, isBackfill: boolean): Promise<void> {
    await openCycle(this.database, { orgId: orgRowId, cycleId, kind, observedAt: new Date(observedAt), isBackfill });
  }

  /** Every page goes out as soon as it is read; a poll that found nothing says so with an empty one. */
  async publish(cycle: CycleFacts, found: AsyncIterable<Page> | Iterable<Page>): Promise<{ pages: number; records: number }> {
    let pages = 0;
    let records = 0;
    for await (const page of found) {
      await this.publishPage(cycle, page, pages);
      pages += 1;
      records += page.records.length;
    }
    if (pages > 0) return { pages, records };
    await this.publishPage(cycle, { records: [] }, 0);
    return { pages: 1, records };
  }

  /** The last page is out: from now on the poll can count as stored. */
  async close(orgRowId: number, { cycleId }: CycleFacts, { pages, calls }: { pages: number; calls: number }): Promise<void> {
    await this.database.transaction(async (tx) => {
      await setCyclePages(tx, { orgId: orgRowId, cycleId, pages, calls });
      // The analyzer may have stored the last page before it could know that it was the last.
      await completeCycle(tx, orgRowId, cycleId);
    });
  }

  private async publishPage(cycle: CycleFacts, found: Page, page: number): Promise<void> {
    const batch = await toBatch(cycle, found, { page, isPostgresQueue: this.settings.isPostgresQueue });
    await this.publisher.publish('ingest-batch', batch, { jobId: batch.batchId });
  }
}
