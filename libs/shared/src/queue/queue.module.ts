import { Global, Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import type { QueueConnection } from './connection.js';
import { JobPublisher } from './publisher.js';
import { JobSchedules } from './scheduler.js';

@Global()
@Module({})
export class QueueModule implements OnApplicationShutdown {
  constructor(
    @Inject(JobPublisher) private readonly publisher: JobPublisher,
    @Inject(JobSchedules) private readonly schedules: JobSchedules,
  ) {}

  /** Gives the whole application a `JobPublisher` and `JobSchedules`; closed with it, after the transport handed back its jobs. */
  static forRoot(connection: QueueConnection): DynamicModule {
    return {
      module: QueueModule,
      providers: [
        { provide: JobPublisher, useFactory: () => new JobPublisher(connection) },
        { provide: JobSchedules, useFactory: () => new JobSchedules(connection) },
      ],
      exports: [JobPublisher, JobSchedules],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.publisher.close(), this.schedules.close()]);
  }
}
