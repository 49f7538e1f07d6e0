import { jest } from '@jest/globals';
import { JobPublisher } from './publisher.js';
import { until } from './queue-scene.fixture.js';
import { startRedis } from './queue-servers.fixture.js';

jest.setTimeout(20_000);

describe('a queue whose server goes away', () => {
  it('fails publishing with a transient error, goes on by itself when it is back, and keeps the process alive', async () => {
    const first = await startRedis();
    const port = Number(new URL(first.url).port);
    const publisher = new JobPublisher({ kind: 'redis', url: first.url });
    await publisher.publish('send-due', {});
    await first.stop();
    await expect(publisher.publish('send-due', {})).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
    const second = await startRedis(port);
    await until('it is back', () =>
      publisher.publish('send-due', {}).then(
        () => true,
        () => false,
      ),
    );
    expect(await publisher.depth('notify')).toBeGreaterThanOrEqual(1);
    await publisher.close();
    await second.stop();
  });
});
