import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import type { QueueConnection } from '@app/shared';
import { startRig } from '../rig.js';
import { playChaos } from './play.js';

const USAGE = 'usage: npm run chaos -- notify [--kills 200] [--seed 1]\n';

/** Forgets all keys of ours: to us the same as an emptied Redis, and harmless to whoever shares it. */
async function emptyQueue(queue: QueueConnection): Promise<void> {
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
const variablesOf = (queue: QueueConnection): Record<string, string> =>
  queue.kind === 'redis'
    ? { QUEUE_BACKEND: 'redis', REDIS_URL: queue.url, QUEUE_PREFIX: queue.prefix ?? '' }
    : { QUEUE_BACKEND: 'postgres', QUEUE_PREFIX: (queue.schema ?? '').replace(/_queue$/, '') };

const inherited = (env: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

async function notify(kills: number, seed: number): Promise<boolean> {
  const log = (line: string): void => void process.stdout.write(`${line}\n`);
  const rig = await startRig('chaos', 0, { env: process.env, log });
  const { queue, databaseUrl } = rig.runtime;
  try {
    log(`Notifiers are killed ${kills} times (seed ${seed}). ${rig.description}`);
    const variables = { ...inherited(process.env), DATABASE_URL: databaseUrl, ...variablesOf(queue) };
    const began = performance.now();
    const result = await playChaos({ databaseUrl, queue, variables, emptyQueue: () => emptyQueue(queue), log }, { kills, seed });
    for (const example of result.examples.slice(0, 5)) log(example);
    const seconds = Math.round((performance.now() - began) / 1000);
    const { lost, duplicatesAnswerLost, duplicatesOther, examples, answersLost, queueEmptied, ...counts } = result;
    const line = {
      ...counts,
      lost,
      duplicates_answer_lost: duplicatesAnswerLost,
      duplicates_other: duplicatesOther,
      answers_lost: answersLost,
      queue_emptied: queueEmptied,
      seed,
      seconds,
    };
    log(JSON.stringify(line));
    return lost === 0 && examples.length === 0;
  } finally {
    await rig.close();
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { kills: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' } },
});
const [kills, seed] = [Number(values.kills), Number(values.seed)];
if (positionals[0] !== 'notify' || !Number.isInteger(kills) || kills < 1 || !Number.isInteger(seed)) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else if (!(await notify(kills, seed))) process.exitCode = 1;
