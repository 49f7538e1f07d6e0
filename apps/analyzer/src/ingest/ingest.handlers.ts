import { Controller } from '@nestjs/common';
import { HandlesJob, type HandlersFor, type RawBatch } from '@app/shared';
import { IngestService } from './ingest.service.js';

@Controller()
export class IngestHandlers implements HandlersFor<'ingest'> {
  constructor(private readonly ingest: IngestService) {}

  @HandlesJob('ingest-batch')
  async 'ingest-batch'(batch: RawBatch): Promise<void> {
    await this.ingest.commit(batch);
  }
}
