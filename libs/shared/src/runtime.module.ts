import { Global, Module, type DynamicModule } from '@nestjs/common';
import { Registry } from 'prom-client';
import type { Clock } from './clock.js';
import { ConfigModule } from './config/config.module.js';
import type { Environment } from './config/env.js';
import type { Settings } from './config/settings.js';
import type { QueueConnection } from './queue/connection.js';
import { QueueModule } from './queue/queue.module.js';

/** Nest injection token of the prom-client `Registry` that `/metrics` shows. */
export const METRICS = Symbol('METRICS');

export interface Runtime {
  readonly env: Environment;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly queue: QueueConnection;
  readonly databaseUrl: string;
}

export interface RuntimeOptions extends Runtime {
  readonly metrics?: Registry;
  /** Modules that need the same runtime, like the database. */
  readonly imports?: DynamicModule['imports'];
}

/** Everything that a service gets from outside: settings, clock, queue, metrics; and what `imports` adds. */
@Global()
@Module({})
export class RuntimeModule {
  static forRoot({ queue, metrics, imports = [], ...configuration }: RuntimeOptions): DynamicModule {
    return {
      module: RuntimeModule,
      imports: [ConfigModule.forRoot(configuration), QueueModule.forRoot(queue), ...imports],
      providers: [{ provide: METRICS, useValue: metrics ?? new Registry() }],
      exports: [METRICS],
    };
  }
}
