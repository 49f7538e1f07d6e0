import { createServer, type Server } from 'node:http';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type MistCloud, type MistCloudOptions, startMistCloud } from './index.js';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 2, 4, 9);
type Row = Record<string, unknown>;
type Envelope = { results: Row[]; total: number; next?: string };

const clouds: MistCloud[] = [];
const start = async (options: MistCloudOptions = {}): Promise<MistCloud> => {
  const cloud = await startMistCloud({ startAt: START, ...options });
  clouds.push(cloud);
  return cloud;
};
afterEach(async () => {
  await Promise.all(clouds.splice(0).map((cloud) => cloud.close()));
});

const orgOf = (cloud: MistCloud): { id: string; token: string } => cloud.orgs[0] ?? { id: '', token: '' };
const call = (cloud: MistCloud, path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(cloud.url + path, { ...init, headers: { authorization: `Token ${orgOf(cloud).token}`, ...init.headers } });
const get = async <T>(cloud: MistCloud, path: string): Promise<T> => {
  const response = await call(cloud, path);
  expect(response.status).toBe(200);
  return (await response.json()) as T;
};
const orgPath = (cloud: MistCloud, rest: string): string => `/api/v1/orgs/${orgOf(cloud).id}${rest}`;
const wanRow = async (cloud: MistCloud, mac: string, portId: string): Promise<Row> => {
  const found = await get<Envelope>(cloud, orgPath(cloud, `/stats/ports/search?type=gateway&mac=${mac}&port_id=${encodeURIComponent(portId)}`));
  return found.results[0] ?? {};
};
const circuit = (cloud: MistCloud, site: number, slot = 0): { siteId: string; mac: string; portId: string } => {
  const siteId = cloud.truth.sites(orgOf(cloud).id)[site]?.siteId ?? '';
  const row = cloud.truth.circuits(orgOf(cloud).id).filter((item) => item.siteId === siteId)[slot];
  return { siteId, mac: row?.mac ?? '', portId: row?.portId ?? '' };
};

describe('determinism', () => {
  const paths = ['/sites', '/stats/ports/search', '/stats/vpn_peers/search', '/insights/sites-sle?sle=wifi', '/devices/events/search'];

  it('answers alike for one seed and otherwise for another', async () => {
    const [first, second, other] = await Promise.all([start({ seed: 7 }), start({ seed: 7 }), start({ seed: 8 })]);
    for (const path of paths) {
      const texts = await Promise.all([first, second].map(async (cloud) => (await call(cloud, orgPath(cloud, path))).text()));
      expect(texts[0]).toBe(texts[1]);
    }
    expect(orgOf(first).id).not.toBe(orgOf(other).id);
  });

  it('does not count what was asked: a counter depends on the time alone', async () => {
    const [often, once_] = await Promise.all([start(), start()]);
    const { mac, portId } = circuit(often, 0);
    for (let poll = 0; poll < 6; poll += 1) {
      await wanRow(often, mac, portId);
      often.clock.advance(HOUR / 6);
    }
    once_.clock.advance(HOUR);
    expect(await wanRow(often, mac, portId)).toEqual(await wanRow(once_, mac, portId));
  });
});

describe('paging', () => {
  it('walks arrays by the totals in the headers', async () => {
    const cloud = await start({ sitesPerOrg: 23 });
    const first = await call(cloud, orgPath(cloud, '/sites?limit=10'));
    expect([first.headers.get('x-page-total'), first.headers.get('x-page-limit'), first.headers.get('x-page-page')]).toEqual(['23', '10', '1']);
    const pages = await Promise.all([1, 2, 3, 4].map((page) => get<Row[]>(cloud, orgPath(cloud, `/sites?limit=10&page=${page}`))));
    expect(pages.map((rows) => rows.length)).toEqual([10, 10, 3, 0]);
    expect(new Set(pages.flat().map((row) => row['id'])).size).toBe(23);
  });

  it('walks searches by `next` until there is none', async () => {
    const cloud = await start({ sitesPerOrg: 23 });
    let path: string | undefined = orgPath(cloud, '/stats/ports/search?limit=20');
    const keys: string[] = [];
    while (path !== undefined) {
      const page: Envelope = await get<Envelope>(cloud, path);
      expect(page.total).toBe(23 * 4);
      keys.push(...page.results.map((row) => `${String(row['mac'])} ${String(row['port_id'])}`));
      path = page.next;
    }
    expect(keys).toHaveLength(92);
    expect(new Set(keys).size).toBe(92);
  });

  it('walks service levels by page and total', async () => {
    const cloud = await start({ sitesPerOrg: 23 });
    const pages = await Promise.all([1, 2, 3].map((page) => get<Envelope>(cloud, orgPath(cloud, `/insights/sites-sle?sle=wan&limit=10&page=${page}`))));
    expect(pages.map((page) => page.results.length)).toEqual([10, 10, 3]);
    expect(pages.map((page) => page.total)).toEqual([23, 23, 23]);
  });

  it('gives at most a thousand rows and a hundred by default', async () => {
    const cloud = await start({ sitesPerOrg: 1100, apsPerSite: 0 });
    expect(await get<Row[]>(cloud, orgPath(cloud, '/sites?limit=5000'))).toHaveLength(1000);
    expect(await get<Row[]>(cloud, orgPath(cloud, '/sites'))).toHaveLength(100);
  });
});

describe('access', () => {
  it('tells an unknown token, another organisation and an unknown site apart', async () => {
    const cloud = await start({ orgs: 2 });
    const other = cloud.orgs[1]?.id ?? '';
    const unknown = await call(cloud, orgPath(cloud, ''), { headers: { authorization: 'Token nobody' } });
    expect(unknown.status).toBe(401);
    expect((await call(cloud, `/api/v1/orgs/${other}`)).status).toBe(403);
    expect((await call(cloud, '/api/v1/sites/00000000-0000-4000-8000-000000000000')).status).toBe(404);
  });

  it('allows so many calls per clock hour and starts anew at the top of the hour', async () => {
    const cloud = await start({ requestsPerHour: 3, startAt: START + 59 * 60_000 });
    const statuses = [];
    for (let index = 0; index < 4; index += 1) statuses.push((await call(cloud, '/api/v1/self')).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    cloud.clock.advance(60_000);
    expect((await call(cloud, '/api/v1/self')).status).toBe(200);
    expect(await get<Row>(cloud, '/api/v1/self/usage')).toEqual({ requests: 2, request_limit: 3, seconds: 3600 });
  });
});

describe('faults', () => {
  it.each([['401', 401], ['403', 403], ['429', 429], ['500', 500]] as const)('answers %s as often as told', async (kind, status) => {
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

describe('facts', () => {
  it('equal the difference of polled counters, and a fine sum of the rate', async () => {
    const cloud = await start();
    const { mac, portId } = circuit(cloud, 1);
    const before = await wanRow(cloud, mac, portId);
    let summed = 0;
    for (let second = 0; second < 3600; second += 60) {
      summed += (Number((await wanRow(cloud, mac, portId))['rx_bps']) * 60) / 8;
      cloud.clock.advance(60_000);
    }
    const after = await wanRow(cloud, mac, portId);
    const facts = cloud.truth.circuitHour(orgOf(cloud).id, mac, portId, START);
    expect(Math.abs(Number(after['rx_bytes']) - Number(before['rx_bytes']) - facts.rxBytes)).toBeLessThanOrEqual(2);
    expect(Math.abs(Number(after['tx_bytes']) - Number(before['tx_bytes']) - facts.txBytes)).toBeLessThanOrEqual(2);
    expect(Math.abs(summed / facts.rxBytes - 1)).toBeLessThan(0.01);
    expect(facts).toMatchObject({ upMinutes: 60, downMinutes: 0, cutOffMinutes: 0, flaps: 0 });
  });

  it('agree with the published score of a closed window', async () => {
    const cloud = await start();
    const { siteId } = circuit(cloud, 3);
    const [from, to] = [START - 4 * HOUR, START - HOUR];
    const rows = await get<Envelope>(cloud, orgPath(cloud, `/insights/sites-sle?sle=wifi&start=${from / 1000}&end=${to / 1000}`));
    const row = rows.results.find((item) => item['site_id'] === siteId);
    expect(row?.['coverage']).toBeCloseTo(cloud.truth.sleScore(siteId, 'coverage', { fromMs: from, toMs: to }) ?? Number.NaN, 9);
    const path = `/api/v1/sites/${siteId}/sle/site/${siteId}/metric/coverage/summary-trend?start=${from / 1000}&end=${to / 1000}`;
    const trend = await get<{ sle: { samples: { total: number[]; degraded: number[]; value: number[] } }; classifiers: { samples: { degraded: number[] } }[] }>(cloud, path);
    const sum = (list: number[]): number => list.reduce((a, b) => a + b, 0);
    const { total, degraded, value } = trend.sle.samples;
    expect(1 - sum(degraded) / sum(total)).toBeCloseTo(Number(row?.['coverage']), 5);
    expect(sum(trend.classifiers.map(({ samples }) => sum(samples.degraded)))).toBeCloseTo(sum(degraded), 3);
    expect(value.every((dbm) => dbm < -50 && dbm > -90)).toBe(true);
  });
});

describe('incidents', () => {
  it('flap: down between the events, up after them', async () => {
    const cloud = await start();
    const { siteId, mac, portId } = circuit(cloud, 0);
    cloud.scenario.add({ kind: 'circuit-flap', site: siteId, from: START, to: START + 40 * 60_000, count: 4, downSeconds: 30 });
    cloud.clock.set(START + 10 * 60_000 + 15_000);
    expect(await wanRow(cloud, mac, portId)).toMatchObject({ up: false, rx_bps: 0, last_flapped: START / 1000 + 600 });
    cloud.clock.set(START + HOUR);
    const search = `/devices/events/search?device_type=gateway&start=${START / 1000}&end=${(START + HOUR) / 1000}&sort=timestamp`;
    const events = (await get<Envelope>(cloud, orgPath(cloud, search))).results;
    const facts = cloud.truth.circuitHour(orgOf(cloud).id, mac, portId, START);
    expect(events.map((event) => [event['type'], event['timestamp']])).toEqual(
      facts.transitions.map(({ atMs, up }) => [up ? 'GW_PORT_UP' : 'GW_PORT_DOWN', atMs / 1000]),
    );
    expect(facts).toMatchObject({ flaps: 8, downMinutes: 2, upMinutes: 58 });
    expect(await get<Envelope>(cloud, orgPath(cloud, '/devices/events/search'))).not.toMatchObject({ results: [{ type: 'GW_PORT_UP' }] });
  });

  it('site down: rows stay as they were, the inventory and the gateway say so, counters start anew', async () => {
    const cloud = await start();
    const { siteId, mac, portId } = circuit(cloud, 2);
    cloud.scenario.add({ kind: 'site-down', site: siteId, from: START + 10 * 60_000, to: START + 40 * 60_000 });
    cloud.clock.set(START + 10 * 60_000);
    const last = await wanRow(cloud, mac, portId);
    cloud.clock.set(START + 30 * 60_000);
    expect(await wanRow(cloud, mac, portId)).toEqual(last);
    expect(await get<Row[]>(cloud, orgPath(cloud, `/inventory?type=gateway&mac=${mac}`))).toMatchObject([{ connected: false }]);
    const deviceId = `00000000-0000-0000-1000-${mac}`;
    expect(await get<Row>(cloud, `/api/v1/sites/${siteId}/stats/devices/${deviceId}`)).toMatchObject({ status: 'disconnected', uptime: null });
    cloud.clock.set(START + 41 * 60_000);
    expect(Number((await wanRow(cloud, mac, portId))['rx_bytes'])).toBeLessThan(Number(last['rx_bytes']) / 100);
    const facts = cloud.truth.circuitHour(orgOf(cloud).id, mac, portId, START);
    expect(facts).toMatchObject({ cutOffMinutes: 30, upMinutes: 30, downMinutes: 0, flaps: 0 });
    expect(cloud.truth.cutOffs(siteId)).toEqual([{ fromMs: START + 10 * 60_000, toMs: START + 40 * 60_000 }]);
  });

  it('carrier outage: every circuit of the provider in the region, and no other', async () => {
    const cloud = await start({ sitesPerOrg: 40 });
    const region = 'Region North';
    cloud.scenario.add({ kind: 'carrier-outage', provider: 'Example Fibre', region, from: START, to: START + HOUR });
    cloud.clock.set(START + 60_000);
    const sites = new Set(cloud.truth.sites(orgOf(cloud).id).filter((site) => site.region === region).map((site) => site.siteId));
    const hit = cloud.truth.circuits(orgOf(cloud).id).filter((row) => sites.has(row.siteId) && row.provider === 'Example Fibre');
    const down = (await get<Envelope>(cloud, orgPath(cloud, '/stats/ports/search?limit=1000'))).results.filter((row) => row['up'] === false);
    expect(hit.length).toBeGreaterThan(0);
    expect(down.map((row) => [row['mac'], row['port_id']])).toEqual(hit.map((row) => [row.mac, row.portId]));
  });

  it('congestion: fuller and fuller, above 95 % of what was bought', async () => {
    const cloud = await start();
    const { siteId, mac, portId } = circuit(cloud, 0);
    cloud.scenario.add({ kind: 'congestion', site: siteId, from: START, to: START + 5 * HOUR, rampMinutes: 120 });
    const bought = cloud.truth.circuits(orgOf(cloud).id).find((row) => row.mac === mac)?.bandwidthDownMbps ?? 0;
    const filled = [1, 3].map((hour) => (cloud.truth.circuitHour(orgOf(cloud).id, mac, portId, START + hour * HOUR).rxBytes * 8) / (3600 * bought * 1e6));
    expect(filled[0]).toBeLessThan(0.9);
    expect(filled[1]).toBeCloseTo(0.97, 6);
    cloud.clock.set(START + 3 * HOUR);
    expect(Number((await wanRow(cloud, mac, portId))['rx_bps'])).toBeCloseTo(0.97 * bought * 1e6, -1);
  });

  it('DHCP trouble: connecting fails and DHCP is named', async () => {
    const cloud = await start();
    const { siteId } = circuit(cloud, 1);
    cloud.scenario.add({ kind: 'dhcp-trouble', site: siteId, from: START, to: START + HOUR });
    const window = { fromMs: START, toMs: START + HOUR };
    cloud.clock.set(START + 2 * HOUR);
    expect(cloud.truth.sleScore(siteId, 'successful-connect', window)).toBeLessThan(0.6);
    const base = `/api/v1/sites/${siteId}/sle/site/${siteId}/metric/failed-to-connect`;
    const path = `${base}/classifier/dhcp-discover-unresponsive/summary-trend?start=${START / 1000}&end=${(START + HOUR) / 1000}`;
    const { classifier } = await get<{ classifier: { samples: { total: number[]; degraded: number[] } } }>(cloud, path);
    expect(Number(classifier.samples.degraded[0]) / Number(classifier.samples.total[0])).toBeGreaterThan(0.4);
    expect(await get<Envelope>(cloud, orgPath(cloud, '/alarms/search'))).toMatchObject({ results: [{ type: 'infra_dhcp_failure', status: 'resolved' }] });
  });

  it('failover: the primary path goes down, its port stays up, the secondary carries the load', async () => {
    const cloud = await start();
    const [primary, secondary] = [circuit(cloud, 4), circuit(cloud, 4, 1)];
    cloud.clock.set(START + 30 * 60_000);
    const before = await wanRow(cloud, secondary.mac, secondary.portId);
    cloud.scenario.add({ kind: 'failover', site: primary.siteId, from: START, to: START + HOUR });
    expect(await wanRow(cloud, primary.mac, primary.portId)).toMatchObject({ up: true, active: false });
    const after = await wanRow(cloud, secondary.mac, secondary.portId);
    expect(after).toMatchObject({ up: true, active: true });
    expect(Number(after['rx_bps'])).toBeGreaterThan(2 * Number(before['rx_bps']));
  });

  it('refuses an incident at a place that does not exist, and leaves the scenario as it was', async () => {
    const cloud = await start();
    expect(() => cloud.scenario.add({ kind: 'site-down', site: 'nowhere', from: START, to: START + 1 })).toThrow('has no site "nowhere"');
    expect(cloud.scenario.list()).toEqual([]);
  });
});

describe('webhooks', () => {
  const listen = async (): Promise<{ server: Server; url: string; received: { body: string; headers: NodeJS.Dict<string | string[]> }[] }> => {
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
    const body = JSON.stringify({ name: 'hook', type: 'http-post', url: sink.url, secret: 'a secret', topics: ['device-events', 'alarms'] });
    await call(cloud, orgPath(cloud, '/webhooks'), { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    const { siteId, mac } = circuit(cloud, 0);
    cloud.scenario.add({ kind: 'circuit-down', site: siteId, from: START + 60_000, to: START + HOUR });
    cloud.clock.advance(120_000);
    await cloud.flushWebhooks();
    sink.server.close();
    expect(sink.received.map(({ body: text }) => (JSON.parse(text) as { topic: string }).topic)).toEqual(['device-events', 'alarms']);
    expect(JSON.parse(sink.received[0]?.body ?? '')).toMatchObject({ events: [{ type: 'GW_PORT_DOWN', mac, timestamp: START / 1000 + 60 }] });
    for (const { body: text, headers } of sink.received) {
      expect(headers['x-mist-signature-v2']).toBe(createHmac('sha256', 'a secret').update(text).digest('hex'));
      expect(headers['x-mist-signature']).toBe(createHmac('sha1', 'a secret').update(text).digest('hex'));
    }
  });
});

describe('requests', () => {
  it('are kept with time, token, path and status', async () => {
    const cloud = await start();
    await get(cloud, orgPath(cloud, '/sites?limit=3'));
    expect(cloud.requests.all()).toMatchObject([{ at: START, token: 'token-1', method: 'GET', path: orgPath(cloud, '/sites'), query: { limit: '3' }, status: 200 }]);
    expect(cloud.requests.count(/\/sites$/, 'token-1')).toBe(1);
  });
});
