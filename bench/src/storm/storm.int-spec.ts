import { loadEnv, parseSettings, type Runtime } from '@app/shared';
import { createTestDatabase, ManualClock, startSmtpSink, testRedisUrl } from '@app/testing';
import { playStorm } from './play.js';

const SITES = 300;

it('tells of hundreds of sites that fall within a minute in a few notices, and of their recovery once', async () => {
  const [testDatabase, sink] = await Promise.all([createTestDatabase(), startSmtpSink()]);
  try {
    const clock = new ManualClock(0);
    const { url, prefix } = testRedisUrl();
    const env = loadEnv({ DATABASE_URL: testDatabase.url });
    const email = { smtpUrl: `smtp://127.0.0.1:${sink.port}`, from: 'mistwatch@example.com', to: ['noc@example.com'] };
    const runtime: Runtime = {
      env,
      settings: parseSettings(JSON.stringify({ email }), {}),
      clock,
      queue: { kind: 'redis', url, prefix },
      databaseUrl: env.databaseUrl,
    };
    const counts = await playStorm({ runtime, clock, sites: SITES });
    expect(counts).toMatchObject({ alerts: 3 * SITES, incidentsTold: 1, recoveries: 1, incidentsOpen: 0 });
    expect(counts.mostInAMinute).toBeLessThanOrEqual(2);
    expect(counts.largestNotificationBytes).toBeLessThan(200_000);
    expect(sink.mails).toHaveLength(counts.notices + 1);
  } finally {
    await sink.close();
    await testDatabase.drop();
  }
}, 120_000);
