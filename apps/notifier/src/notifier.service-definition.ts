import type { ServiceDefinition } from '@app/shared';
import { NotifierModule } from './notifier.module.js';

/** The notifier as a service, for a process of its own or inside another. */
export const NOTIFIER: ServiceDefinition = {
  name: 'notifier',
  module: NotifierModule,
  queues: ['notify', 'report'],
  healthPort: 8083,
};
