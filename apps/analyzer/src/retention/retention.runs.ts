import { Injectable } from '@nestjs/common';
import { JobPublisher } from '@app/shared';
import { RetentionService } from './retention.service.js';

/** What was busy is tried again after this. */
const AGAIN_MS = 15 * 60_000;

/** A run of retention as a job asks for it. */
@Injectable()
export class RetentionRuns {
  constructor(
    private readonly retention: RetentionService,
    private readonly publisher: JobPublisher,
  ) {}

  async run(): Promise<void> {
    const { busy } = await this.retention.apply();
    if (busy.length > 0) await this.publisher.publish('apply-retention', {}, { delayMs: AGAIN_MS });
  }
}
