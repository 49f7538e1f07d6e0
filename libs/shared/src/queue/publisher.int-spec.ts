import { testRedisUrl } from '@app/testing';
import { JobPublisher } from './publisher.js';

it('holds the jobs of some work until it is done, and publishes at once what the work left running publishes later', async () => {
  const publisher = new JobPublisher({ kind: 'redis', ...testRedisUrl() });
  try {
    let goOn = (): void => undefined;
    const done = new Promise<void>((resolve) => (goOn = resolve));
    const left: Promise<void>[] = [];
    const { jobs } = await publisher.holding(async () => {
      await publisher.publish('drain-outbox', { orgId: 'a' });
      await publisher.publishMany('drain-outbox', [{ orgId: 'b' }, { orgId: 'c' }]);
      left.push(done.then(() => publisher.publish('drain-outbox', { orgId: 'd' })));
      left.push(done.then(() => publisher.publishMany('drain-outbox', [{ orgId: 'e' }, { orgId: 'f' }])));
    });
    expect(await publisher.depth('notify')).toBe(0);
    goOn();
    await Promise.all(left);
    expect(await publisher.depth('notify')).toBe(3);
    expect(jobs.map(({ payload }) => payload)).toEqual([{ orgId: 'a' }, { orgId: 'b' }, { orgId: 'c' }]);
    await publisher.publishHeld(jobs);
    expect(await publisher.depth('notify')).toBe(6);
  } finally {
    await publisher.close();
  }
});
