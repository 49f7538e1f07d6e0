import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { call, circuit, HOUR, orgPath, START, start, stopAll } from './spec/harness.js';

afterEach(stopAll);

describe('webhooks', () => {
  const listen = async (): Promise<{
    server: Server;
    url: string;
    received: { body: string; headers: NodeJS.Dict<string | string[]> }[];
  }> => {
    const received: { body: string; headers: NodeJS.Dict<string | string[]> }[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        received.push({ body: Buffer.concat(chunks).toString('utf8'), headers: request.headers });
        response.end();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, received };
  };

  it('delivers what happens, signed over the raw body', async () => {
    const cloud = await start();
    const sink = await listen();
    const body = JSON.stringify({
      name: 'hook',
      type: 'http-post',
      url: sink.url,
      secret: 'a secret',
      topics: ['device-events', 'alarms'],
    });
    await call(cloud, orgPath(cloud, '/webhooks'), { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    const { siteId, mac } = circuit(cloud, 0);
    cloud.scenario.add({ kind: 'circuit-down', site: siteId, from: START + 60_000, to: START + HOUR });
    cloud.clock.advance(120_000);
    await cloud.flushWebhooks();
    sink.server.close();
    expect(sink.received.map(({ body: text }) => (JSON.parse(text) as { topic: string }).topic)).toEqual([
      'device-events',
      'alarms',
    ]);
    expect(JSON.parse(sink.received[0]?.body ?? '')).toMatchObject({
      events: [{ type: 'GW_PORT_DOWN', mac, timestamp: START / 1000 + 60 }],
    });
    for (const { body: text, headers } of sink.received) {
      expect(headers['x-mist-signature-v2']).toBe(createHmac('sha256', 'a secret').update(text).digest('hex'));
      expect(headers['x-mist-signature']).toBe(createHmac('sha1', 'a secret').update(text).digest('hex'));
    }
  });
});
