import type { ServiceDefinition } from '@app/shared';
import { AnalyzerModule } from './analyzer.module.js';

/** The analyzer as a service: what it is called, what it works on. */
export const ANALYZER: ServiceDefinition = {
  name: 'analyzer',
  module: AnalyzerModule,
  queues: ['ingest', 'analyze', 'rollup', 'inbox'],
  healthPort: 8082,
  // All at once: ingest 4, inbox 4, two jobs of analyze in two lanes each, a drain of rollups in three lanes and its lock.
  databasePoolSize: 16,
};
