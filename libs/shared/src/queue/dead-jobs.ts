import { PermanentError } from '../errors.js';
import type { DeadJobStore, ParkedJob } from './dead-job.store.js';
import { isJobName } from './dispatch.js';
import type { PayloadOf } from './contracts.js';
import type { JobPublisher } from './publisher.js';

/** Puts one parked job, or all of them, back on its queue. Returns the ids of what was replayed. */
export async function replay(store: DeadJobStore, publisher: JobPublisher, id: string): Promise<string[]> {
  const jobs = id === 'all' ? await listAll(store) : await find(store, id);
  const replayed: string[] = [];
  for (const job of jobs) {
    await publishAgain(publisher, job);
    if ((await store.take(job.id)) !== null) replayed.push(job.id);
  }
  return replayed;
}

/** Publishes before the row is marked: a crash between the two runs the job twice, the other order would lose it. */
async function publishAgain(publisher: JobPublisher, { id, name, payload }: ParkedJob): Promise<void> {
  if (!isJobName(name))
    throw new PermanentError('DEAD_JOB_UNKNOWN', `Parked job ${id} is a "${name}", which this version does not know`);
  // The queue checks the payload again; a job parked for its payload parks again with the same reason.
  await publisher.publish(name, payload as PayloadOf<typeof name>, { jobId: `replay-${id}` });
}

async function listAll(store: DeadJobStore): Promise<ParkedJob[]> {
  const all: ParkedJob[] = [];
  for (;;) {
    const last = all.at(-1);
    const page = await store.list(last === undefined ? {} : { afterId: last.id });
    if (page.length === 0) return all;
    all.push(...page);
  }
}

async function find(store: DeadJobStore, id: string): Promise<ParkedJob[]> {
  if (!/^\d+$/.test(id) || id === '0')
    throw new PermanentError('DEAD_JOB_ID_INVALID', `"${id}" is no id of a parked job; give a number or "all"`);
  const [job] = await store.list({ afterId: (BigInt(id) - 1n).toString(), limit: 1 });
  if (job?.id !== id)
    throw new PermanentError('DEAD_JOB_NOT_FOUND', `No parked job ${id} waits; it may have been replayed already`);
  return [job];
}
