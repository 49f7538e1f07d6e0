import type { ServiceDefinition } from '@app/shared';
import { AnalyzerModule } from './analyzer.module.js';

/** The analyzer as a service: what it is called, what it works on. */
export const ANALYZER: ServiceDefinition = {
  name: 'analyzer',
  module: AnalyzerModule,
  queues: ['ingest', 'analyze', 'rollup', 'inbox'],
  healthPort: 8082,
};
