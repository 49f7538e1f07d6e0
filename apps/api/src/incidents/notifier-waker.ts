import { Inject, Injectable, Logger } from '@nestjs/common';
import { JobPublisher } from '@app/shared';

/** Makes the notifier look at once at what a person changed. */
@Injectable()
export class NotifierWaker {
  private readonly logger = new Logger('notifier-waker');

  constructor(@Inject(JobPublisher) private readonly publisher: JobPublisher) {}

  /** What is due is stored: should the queue be away, the notifier's next sweep finds it. */
  async wake(): Promise<void> {
    try {
      await this.publisher.publish('send-due', {}, { isBestEffort: true });
    } catch (error) {
      this.logger.warn({ message: 'The notifier acts at its next sweep: the queue does not answer', error });
    }
  }
}
