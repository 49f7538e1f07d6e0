import { call, type Envelope, get, orgPath, start, stopAll } from './spec/harness.js';

afterEach(stopAll);

describe('faults', () => {
  it.each([
    ['401', 401],
    ['403', 403],
    ['429', 429],
    ['500', 500],
  ] as const)('answers %s as often as told', async (kind, status) => {
    const cloud = await start();
    cloud.faults.add({ kind, path: '/api/v1/self', times: 1 });
    expect((await call(cloud, '/api/v1/self')).status).toBe(status);
    expect((await call(cloud, '/api/v1/self')).status).toBe(200);
  });

  it('sends Retry-After only when told to', async () => {
    const cloud = await start();
    cloud.faults.add({ kind: '429', times: 1 });
    cloud.faults.add({ kind: '429', times: 1, retryAfterSeconds: 17 });
    expect((await call(cloud, '/api/v1/self')).headers.get('retry-after')).toBeNull();
    expect((await call(cloud, '/api/v1/self')).headers.get('retry-after')).toBe('17');
  });

  it('sends HTML, cuts connections, stays silent, stops half-way', async () => {
    const cloud = await start();
    cloud.faults.add({ kind: 'html', times: 1 });
    expect(await (await call(cloud, '/api/v1/self')).text()).toMatch(/^<!DOCTYPE html>/);
    cloud.faults.add({ kind: 'reset', times: 1 });
    await expect(call(cloud, '/api/v1/self')).rejects.toThrow('fetch failed');
    cloud.faults.add({ kind: 'timeout', times: 1 });
    await expect(call(cloud, '/api/v1/self', { signal: AbortSignal.timeout(200) })).rejects.toThrow('timeout');
    cloud.faults.add({ kind: 'stall', times: 1 });
    const half = await call(cloud, '/api/v1/self', { signal: AbortSignal.timeout(300) });
    expect(half.status).toBe(200);
    await expect(half.text()).rejects.toThrow('timeout');
  });

  it('is slow for as long as told', async () => {
    const cloud = await start();
    cloud.faults.add({ kind: 'slow', times: 1, delayMs: 120 });
    const before = performance.now();
    await get(cloud, '/api/v1/self');
    expect(performance.now() - before).toBeGreaterThan(110);
  });

  it.each([
    ['missing', undefined],
    ['null', null],
    ['wrong-type', 'not a number'],
  ] as const)('spoils fields: %s', async (mangling, value) => {
    const cloud = await start();
    cloud.faults.add({ kind: 'mangle', path: '*/stats/ports/search', fields: ['rx_bytes'], mangling, every: 2 });
    const { results } = await get<Envelope>(cloud, orgPath(cloud, '/stats/ports/search'));
    expect(results[0]?.['rx_bytes']).toBe(value);
    expect(typeof results[1]?.['rx_bytes']).toBe('number');
  });

  it('gives negative numbers and a cursor that leads to itself', async () => {
    const cloud = await start();
    const stop = cloud.faults.add({ kind: 'mangle', fields: ['rx_bytes'], mangling: 'negative' });
    const { results } = await get<Envelope>(cloud, orgPath(cloud, '/stats/ports/search'));
    expect(results.every((row) => Number(row['rx_bytes']) < 0)).toBe(true);
    stop();
    cloud.faults.add({ kind: 'repeat-cursor', path: '*/search' });
    const first = await get<Envelope>(cloud, orgPath(cloud, '/stats/ports/search?limit=5'));
    const second = await get<Envelope>(cloud, first.next ?? '');
    expect(second.next).toBe(first.next);
  });

  it('strikes at random by seed alone', async () => {
    const draw = async (): Promise<number[]> => {
      const cloud = await start({ seed: 5 });
      cloud.faults.add({ kind: '500', probability: 0.5 });
      const statuses = [];
      for (let index = 0; index < 20; index += 1) statuses.push((await call(cloud, '/api/v1/self')).status);
      return statuses;
    };
    const [first, second] = [await draw(), await draw()];
    expect(first).toEqual(second);
    expect(new Set(first)).toEqual(new Set([200, 500]));
  });
});
