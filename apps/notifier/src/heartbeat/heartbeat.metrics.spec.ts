import { Registry } from 'prom-client';
import { HeartbeatMetrics } from './heartbeat.metrics.js';

const AT = Date.UTC(2026, 2, 20, 12);

it('tells no time before the first heartbeat, and goes on telling the last one while the database is away', async () => {
  const registry = new Registry();
  registry.setDefaultLabels({ service: 'notifier' });
  let answer = (): Promise<number | null> => Promise.reject(new Error('away'));
  new HeartbeatMetrics(registry, 300, () => answer());
  const samples = async (name: string): Promise<string[]> =>
    (await registry.metrics()).split('\n').filter((line) => line.startsWith(`mistwatch_heartbeat_${name}`));
  const sent = 'mistwatch_heartbeat_sent_timestamp_seconds{service="notifier"}';

  expect(await samples('interval')).toEqual(['mistwatch_heartbeat_interval_seconds{service="notifier"} 300']);
  expect(await samples('sent')).toEqual([]);
  answer = () => Promise.resolve(null);
  expect(await samples('sent')).toEqual([]);
  answer = () => Promise.resolve(AT);
  expect(await samples('sent')).toEqual([`${sent} ${AT / 1_000}`]);
  answer = () => Promise.reject(new Error('away'));
  expect(await samples('sent')).toEqual([`${sent} ${AT / 1_000}`]);
});
