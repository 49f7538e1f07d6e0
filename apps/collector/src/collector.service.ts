import type { ServiceDefinition } from '@app/shared';
import { CollectorModule } from './collector.module.js';

/** What runs as the collector, alone or inside one process with the others. */
export const collectorService: ServiceDefinition = {
  name: 'collector',
  module: CollectorModule,
  queues: ['collect'],
  healthPort: 8081,
};
