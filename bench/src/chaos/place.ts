import { Redis } from 'ioredis';
import type { QueueConnection } from '@app/shared';

/** Forgets all keys of ours: to us the same as an emptied Redis, and harmless to whoever shares it. */
export async function emptyQueue(queue: QueueConnection): Promise<void> {
  if (queue.kind !== 'redis') return;
  const redis = new Redis(queue.url);
  try {
    for await (const keys of redis.scanStream({ match: `${queue.prefix}:*`, count: 1000 }) as AsyncIterable<string[]>)
      if (keys.length > 0) await redis.del(...keys);
  } finally {
    redis.disconnect();
  }
}

/** What a service needs to know of the queue. */
export const variablesOf = (queue: QueueConnection): Record<string, string> =>
  queue.kind === 'redis'
    ? { QUEUE_BACKEND: 'redis', REDIS_URL: queue.url, QUEUE_PREFIX: queue.prefix ?? '' }
    : { QUEUE_BACKEND: 'postgres', QUEUE_PREFIX: (queue.schema ?? '').replace(/_queue$/, '') };

export const inherited = (env: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
