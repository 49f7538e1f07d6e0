import { Global, Module, type DynamicModule } from '@nestjs/common';
import { CLOCK, type Clock } from '../clock.js';
import type { Environment } from './env.js';
import type { Settings } from './settings.js';

/** Nest injection token of the `Settings`. */
export const SETTINGS = Symbol('SETTINGS');
/** Nest injection token of the `Environment`. */
export const ENV = Symbol('ENV');

export interface Configuration {
  readonly env: Environment;
  readonly settings: Settings;
  readonly clock: Clock;
}

/** Gives the whole application its settings, its environment and its clock. */
@Global()
@Module({})
export class ConfigModule {
  static forRoot({ env, settings, clock }: Configuration): DynamicModule {
    return {
      module: ConfigModule,
      providers: [
        { provide: ENV, useValue: env },
        { provide: SETTINGS, useValue: settings },
        { provide: CLOCK, useValue: clock },
      ],
      exports: [ENV, SETTINGS, CLOCK],
    };
  }
}
