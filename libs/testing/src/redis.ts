import { randomUUID } from 'node:crypto';
import { testRedisServerUrl } from './test-servers.js';

export interface TestRedis {
  readonly url: string;
  /** For BullMQ's `prefix`: keys of this spec alone. */
  readonly prefix: string;
}

/** The run's real Redis, with a key prefix of one's own so that specs cannot meet. */
export function testRedisUrl(): TestRedis {
  return { url: testRedisServerUrl(), prefix: `test-${randomUUID()}` };
}
