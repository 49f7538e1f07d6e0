import { isDeepStrictEqual } from 'node:util';
import { PermanentError } from '../errors.js';
import { openQueue, type OpenQueue, type QueueConnection } from './connection.js';
import { JOBS, type JobName, type PayloadOf, type QueueName } from './contracts.js';
import { bounded, checkedId, closeQueue, templateOptions } from './publisher.js';

export interface Cadence {
  readonly everyMs: number;
  /** Phase inside the interval, counted from the epoch: spreads orgs over time. */
  readonly offsetMs: number;
}

export interface JobSchedule extends Cadence {
  readonly id: string;
  readonly name: JobName;
  readonly payload: unknown;
  readonly nextMs: number | null;
}

type Found = Awaited<ReturnType<OpenQueue['getJobSchedulers']>>[number];

/** Repeating jobs. Redis may forget them: whoever needs one upserts it again and again, which changes nothing when it is right. */
export class JobSchedules {
  private readonly queues = new Map<QueueName, OpenQueue>();

  constructor(private readonly connection: QueueConnection) {}

  /** Makes the schedule equal to what is asked. Returns whether anything had to change. */
  async upsert<N extends JobName>(id: string, name: N, payload: PayloadOf<N>, cadence: Cadence): Promise<boolean> {
    const { everyMs, offsetMs } = checkedCadence(cadence);
    const queueName = JOBS[name].queue;
    const queue = this.queue(queueName);
    const found = await bounded(queueName, queue.getJobScheduler(checkedId(id)));
    if (found !== undefined && isSame(found, { id, name, payload, everyMs, offsetMs }) && isAlive(found)) return false;
    const changed = found !== undefined && (found.every !== everyMs || offsetOf(found) !== offsetMs);
    // BullMQ keeps the old phase of a scheduler that it changes, so a new cadence starts from nothing.
    if (changed) await bounded(queueName, queue.removeJobScheduler(id));
    // BullMQ reads offset 0 as "no offset, start now"; a whole interval is the same phase.
    const repeat = { every: everyMs, offset: offsetMs === 0 ? everyMs : offsetMs };
    await bounded(queueName, queue.upsertJobScheduler(id, repeat, { name, data: payload, opts: templateOptions(queueName) }));
    return true;
  }

  /** All schedules of all queues. */
  async list(): Promise<JobSchedule[]> {
    const queues = [...new Set(Object.values(JOBS).map(({ queue }) => queue))];
    const lists = await Promise.all(queues.map((queue) => bounded(queue, this.queue(queue).getJobSchedulers(0, -1, true))));
    return lists.flat().map(toSchedule);
  }

  /** Returns whether there was one. */
  async remove(id: string): Promise<boolean> {
    const queues = [...new Set(Object.values(JOBS).map(({ queue }) => queue))];
    const removed = await Promise.all(queues.map((queue) => bounded(queue, this.queue(queue).removeJobScheduler(id))));
    return removed.some(Boolean);
  }

  async close(): Promise<void> {
    await Promise.all([...this.queues.values()].map((queue) => closeQueue(queue)));
    this.queues.clear();
  }

  private queue(name: QueueName): OpenQueue {
    const open = this.queues.get(name) ?? openQueue(this.connection, name);
    this.queues.set(name, open);
    return open;
  }
}

function checkedCadence({ everyMs, offsetMs }: Cadence): Cadence {
  if (!Number.isInteger(everyMs) || everyMs < 100)
    throw new PermanentError('SCHEDULE_INVALID', `everyMs is ${everyMs}, should be an integer >= 100`);
  if (!Number.isFinite(offsetMs) || offsetMs < 0)
    throw new PermanentError('SCHEDULE_INVALID', `offsetMs is ${offsetMs}, should be >= 0`);
  return { everyMs, offsetMs: Math.round(offsetMs) % everyMs };
}

const offsetOf = ({ offset, every }: Found): number => (offset ?? 0) % (every ?? 1);

function isSame(found: Found, wanted: Omit<JobSchedule, 'nextMs'>): boolean {
  const { every, name, template } = found;
  const payload: unknown = JSON.parse(JSON.stringify(wanted.payload));
  return (
    every === wanted.everyMs &&
    offsetOf(found) === wanted.offsetMs &&
    name === wanted.name &&
    isDeepStrictEqual(template?.data ?? {}, payload)
  );
}

/** A chain whose next run is long past has lost its job: upserting it makes a new one. The queue's clock is the machine's. */
const isAlive = ({ next, every }: Found): boolean => next !== undefined && next > Date.now() - 2 * (every ?? 0);

function toSchedule(found: Found): JobSchedule {
  const { key, name, every, template, next } = found;
  return {
    id: key,
    name: name as JobName,
    payload: template?.data ?? {},
    everyMs: every ?? 0,
    offsetMs: offsetOf(found),
    nextMs: next ?? null,
  };
}
