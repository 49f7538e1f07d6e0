import { jest } from '@jest/globals';
import type { INestMicroservice, Type } from '@nestjs/common';
import { PermanentError, TransientError } from '../errors.js';
import { BullMqClient } from './bullmq.client.js';
import type { BullMqServerOptions } from './bullmq.server.js';
import type { QueueConnection } from './connection.js';
import { CollectKindJob, type DrainOutboxJob } from './contracts.js';
import { withCorrelation } from './correlation.js';
import { PostgresDeadJobStore } from './dead-job.store.js';
import { replay } from './dead-jobs.js';
import { JobPublisher } from './publisher.js';
import { openQueuePlace, startQueueApp, type QueuePlace } from './queue-app.fixture.js';
import { RefusedByFilter, Scene, SecondDrainHandler, TestHandlers, until } from './queue-scene.fixture.js';
import { JobSchedules } from './scheduler.js';

jest.setTimeout(60_000);

let place: QueuePlace;
beforeAll(async () => {
  place = await openQueuePlace();
}, 60_000);
afterAll(() => place.close());

describe.each(['redis', 'postgres'] as const)('queue on %s', (kind) => {
  let connection: QueueConnection;
  let scene: Scene;
  let log: string[];
  let store: PostgresDeadJobStore;
  let publisher: JobPublisher;
  let schedules: JobSchedules;
  const apps: INestMicroservice[] = [];

  beforeEach(async () => {
    connection = place.connection(kind);
    publisher = new JobPublisher(connection);
    schedules = new JobSchedules(connection);
    scene = new Scene();
    log = [];
    store = new PostgresDeadJobStore(place.pool);
    await place.pool.query('delete from dead_job');
  });

  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.close()));
    await Promise.all([publisher.close(), schedules.close()]);
  });

  async function start(
    options: Partial<BullMqServerOptions> = {},
    controllers: Type[] = [TestHandlers],
  ): Promise<INestMicroservice> {
    const app = await startQueueApp({ connection, scene, store, log }, options, controllers);
    apps.push(app);
    return app;
  }

  const drains = () => scene.seen.filter(({ name }) => name === 'drain-outbox');
  const drained = (count: number) => until(`${count} drains were seen`, () => drains().length >= count);
  const state = async () => ({
    log,
    seen: scene.seen,
    depth: [await publisher.depth('collect'), await publisher.depth('notify')],
  });
  const parked = () => until('it is parked', async () => (await store.list()).length === 1, state);
  const empty = () => until('the queue is empty', async () => (await publisher.depth('notify')) === 0);

  it('delivers a job to its handler as an instance of its payload class, unknown fields removed', async () => {
    await start();
    const payload = { orgId: 'o1', kind: 'sites', reason: 'now', surplus: 1 } as unknown as CollectKindJob;
    await publisher.publish('collect-kind', payload);
    await until('it arrives', () => scene.seen.length === 1);
    expect(scene.seen[0]?.payload).toBeInstanceOf(CollectKindJob);
    expect({ ...(scene.seen[0]?.payload as object) }).toMatchObject({ orgId: 'O1', kind: 'sites', reason: 'now' });
    expect(scene.seen[0]?.payload).not.toHaveProperty('surplus');
  });

  it('runs pipes, interceptors and filters of Nest on jobs', async () => {
    await start();
    scene.onDrain = ({ orgId }) => (orgId === 'refused' ? Promise.reject(new RefusedByFilter('no entry')) : Promise.resolve());
    await publisher.publish('drain-outbox', { orgId: 'refused' });
    await publisher.publish('drain-outbox', { orgId: 'o1' }, { jobId: 'drain-o1' });
    await until('both are done', () => scene.filtered.length === 1 && scene.intercepted.length === 1);
    expect(scene.intercepted).toEqual(['drain-o1']);
    await empty();
    expect(await store.list()).toEqual([]);
  });

  it('parks a job with a bad payload at once, with every fault in the reason', async () => {
    await start();
    await publisher.publish('collect-kind', { orgId: '', kind: 'weather', reason: 'now' } as unknown as CollectKindJob);
    await parked();
    const [dead] = await store.list();
    expect(dead).toMatchObject({
      queue: 'collect',
      name: 'collect-kind',
      code: 'JOB_PAYLOAD_INVALID',
      attempts: 1,
      payload: { kind: 'weather' },
    });
    expect(dead?.reason).toMatch(/orgId must be longer.*kind must be one of/);
    expect(scene.seen).toEqual([]);
  });

  it('tries again after a failure, with a growing wait', async () => {
    await start();
    scene.onDrain = (_, { attempt }) => (attempt < 3 ? Promise.reject(new Error('not yet')) : Promise.resolve());
    await publisher.publish('drain-outbox', { orgId: 'o1' });
    await drained(3);
    const [first, second, third] = drains().map(({ atMs }) => atMs);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(200); // 500 ms, half of it random
    expect((third ?? 0) - (second ?? 0)).toBeGreaterThanOrEqual(450);
    expect(drains().map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(log.filter((line) => line.includes('not yet'))).toHaveLength(2);
  });

  it('waits as long as a transient error asks for', async () => {
    await start();
    scene.onDrain = (_, { attempt }) =>
      attempt === 1 ? Promise.reject(new TransientError('BUSY', 'come back', { retryAfterMs: 1_500 })) : Promise.resolve();
    await publisher.publish('drain-outbox', { orgId: 'o1' });
    await drained(2);
    const [first, second] = drains().map(({ atMs }) => atMs);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(1_450);
  });

  it('parks a permanent error at once, and replays it', async () => {
    await start();
    scene.onDrain = () => Promise.reject(new PermanentError('GONE', 'it is gone'));
    await publisher.publish('drain-outbox', { orgId: 'o\u0000dd' }, { jobId: 'drain-odd' });
    await parked();
    const [dead] = await store.list();
    expect(dead).toMatchObject({ jobId: 'drain-odd', code: 'GONE', reason: 'it is gone', attempts: 1 });
    expect(drains()).toHaveLength(1);

    scene.onDrain = () => Promise.resolve();
    expect(await replay(store, publisher, dead?.id ?? '')).toEqual([dead?.id]);
    await drained(2);
    expect(await store.list()).toEqual([]);
    await expect(replay(store, publisher, dead?.id ?? '')).rejects.toMatchObject({ code: 'DEAD_JOB_NOT_FOUND' });
  });

  it('keeps a job that it cannot park, and parks it later', async () => {
    let failures = 0;
    const flaky = {
      park: (job: Parameters<PostgresDeadJobStore['park']>[0]) =>
        failures++ === 0 ? Promise.reject(new Error('database away')) : store.park(job),
      list: () => store.list(),
      take: (id: string) => store.take(id),
    };
    await start({ deadJobs: flaky, parkRetryMs: 300 });
    scene.onDrain = () => Promise.reject(new PermanentError('GONE', 'it is gone'));
    await publisher.publish('drain-outbox', { orgId: 'o1' });
    await until('parking failed', () => log.some((line) => line.includes('JOB_NOT_PARKED')));
    expect(await publisher.depth('notify')).toBe(1);
    await parked();
    await empty();
  });

  it('refuses ids that the queue would misread', async () => {
    await expect(publisher.publish('send-due', {}, { jobId: 'a:b' })).rejects.toMatchObject({ code: 'JOB_ID_INVALID' });
    await expect(publisher.publish('send-due', {}, { jobId: '42' })).rejects.toMatchObject({ code: 'JOB_ID_INVALID' });
  });

  it('does nothing when a job with the same id is there already, and takes it again when that is done', async () => {
    for (let i = 0; i < 3; i++) await publisher.publish('drain-outbox', { orgId: 'o1' }, { jobId: 'drain-o1' });
    expect(await publisher.depth('notify')).toBe(1);
    await start();
    await drained(1);
    await empty();
    await publisher.publish('drain-outbox', { orgId: 'o1' }, { jobId: 'drain-o1' });
    await drained(2);
    await empty();
    expect(drains()).toHaveLength(2);
  });

  it('publishes many at once and counts what waits, is delayed and runs', async () => {
    await publisher.publishMany(
      'drain-outbox',
      [{ orgId: 'a' }, { orgId: 'b' }, { orgId: 'a' }],
      ({ orgId }) => `drain-${orgId}`,
    );
    await publisher.publish('drain-outbox', { orgId: 'c' }, { delayMs: 400 });
    expect(await publisher.depth('notify')).toBe(3);
    await start();
    await empty();
    expect(
      drains()
        .map(({ payload }) => (payload as DrainOutboxJob).orgId)
        .sort(),
    ).toEqual(['a', 'b', 'c']);
  });

  it('delivers a delayed job when its time has come', async () => {
    await start();
    const publishedMs = performance.now();
    await publisher.publish('drain-outbox', { orgId: 'o1' }, { delayMs: 600 });
    await drained(1);
    expect((drains()[0]?.atMs ?? 0) - publishedMs).toBeGreaterThanOrEqual(590);
  });

  it('repeats by schedule; an unchanged upsert changes nothing; a removed one stops', async () => {
    await start();
    expect(await schedules.upsert('sweep', 'send-due', {}, { everyMs: 60_000, offsetMs: 7_000 })).toBe(true);
    expect(await schedules.upsert('sweep', 'send-due', {}, { everyMs: 60_000, offsetMs: 7_000 })).toBe(false);
    const [slow] = await schedules.list();
    expect(slow).toMatchObject({ id: 'sweep', name: 'send-due', everyMs: 60_000, offsetMs: 7_000 });
    expect((slow?.nextMs ?? 0) % 60_000).toBe(7_000);

    expect(await schedules.upsert('sweep', 'send-due', {}, { everyMs: 200, offsetMs: 0 })).toBe(true);
    expect(await schedules.list()).toHaveLength(1);
    await until('it ran three times', () => scene.seen.filter(({ name }) => name === 'send-due').length >= 3);
    expect(await schedules.upsert('sweep', 'send-due', {}, { everyMs: 200, offsetMs: 0 })).toBe(false);

    expect(await schedules.remove('sweep')).toBe(true);
    expect(await schedules.remove('sweep')).toBe(false);
    expect(await schedules.list()).toEqual([]);
    await empty();
  });

  it('carries the correlation id from the publisher to the handler and into the log', async () => {
    await start();
    scene.onDrain = () => Promise.reject(new PermanentError('GONE', 'it is gone'));
    await withCorrelation('poll-77', () => publisher.publish('drain-outbox', { orgId: 'o1' }));
    await parked();
    expect(drains()[0]?.correlationId).toBe('poll-77');
    const lines = log.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ code }) => code === 'GONE');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      level: 'error',
      correlationId: 'poll-77',
      job: 'drain-outbox',
      queue: 'notify',
      attempt: 1,
    });
    expect(lines[0]?.['jobId']).toBeTruthy();
  });

  it('publishes through a Nest client, which refuses what is no job', async () => {
    await start();
    const client = new BullMqClient(publisher);
    client.emit('drain-outbox', { orgId: 'o1' });
    await drained(1);
    await expect(
      new Promise((resolve, reject) =>
        client.emit('no-such-job', {}).subscribe({ complete: () => resolve(null), error: reject }),
      ),
    ).rejects.toMatchObject({
      code: 'JOB_UNKNOWN',
    });
  });

  it('lets a running job finish when it is closed, and takes no new one', async () => {
    const app = await start({ gracePeriodMs: 5_000 });
    let release: () => void = () => undefined;
    let isDone = false;
    scene.onDrain = async () => {
      await new Promise<void>((resolve) => (release = resolve));
      isDone = true;
    };
    await publisher.publish('drain-outbox', { orgId: 'o1' });
    await drained(1);
    const closed = app.close();
    await publisher.publish('drain-outbox', { orgId: 'o2' }, { jobId: 'second' });
    release();
    await closed;
    expect(isDone).toBe(true);
    expect(drains()).toHaveLength(1);
    expect(await publisher.depth('notify')).toBe(1);
    scene.onDrain = () => Promise.resolve();
    await start();
    await drained(2);
    await empty();
  });

  it('hands back a job that outlasts the grace period; another process takes it at once', async () => {
    const app = await start({ gracePeriodMs: 100 });
    let wasTold = false;
    scene.onDrain = (_, { signal }) => new Promise(() => signal.addEventListener('abort', () => (wasTold = true)));
    await publisher.publish('drain-outbox', { orgId: 'slow' });
    await drained(1);
    const startedMs = performance.now();
    await app.close();
    expect(performance.now() - startedMs).toBeLessThan(4_000);
    expect(wasTold).toBe(true);

    scene.onDrain = () => Promise.resolve();
    await start();
    await drained(2);
    expect(drains()[1]?.attempt).toBe(1);
    await empty();
  });

  it('refuses to start without a handler, or with two, for a job of its queues', async () => {
    await expect(start({ queues: ['ingest'] })).rejects.toThrow('job ingest-batch has no handler');
    await expect(start({}, [TestHandlers, SecondDrainHandler])).rejects.toThrow('job drain-outbox has two handlers');
  });
});
