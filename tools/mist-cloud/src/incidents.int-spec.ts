import { circuit, type Envelope, get, HOUR, orgOf, orgPath, type Row, START, start, stopAll, wanRow } from './spec/harness.js';

afterEach(stopAll);

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
    const trend = await get<{
      sle: { samples: { total: number[]; degraded: number[]; value: number[] } };
      classifiers: { samples: { degraded: number[] } }[];
    }>(cloud, path);
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
    expect(await get<Envelope>(cloud, orgPath(cloud, '/devices/events/search'))).not.toMatchObject({
      results: [{ type: 'GW_PORT_UP' }],
    });
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
    expect(await get<Row>(cloud, `/api/v1/sites/${siteId}/stats/devices/${deviceId}`)).toMatchObject({
      status: 'disconnected',
      uptime: null,
    });
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
    const sites = new Set(
      cloud.truth
        .sites(orgOf(cloud).id)
        .filter((site) => site.region === region)
        .map((site) => site.siteId),
    );
    const hit = cloud.truth.circuits(orgOf(cloud).id).filter((row) => sites.has(row.siteId) && row.provider === 'Example Fibre');
    const down = (await get<Envelope>(cloud, orgPath(cloud, '/stats/ports/search?limit=1000'))).results.filter(
      (row) => row['up'] === false,
    );
    expect(hit.length).toBeGreaterThan(0);
    expect(down.map((row) => [row['mac'], row['port_id']])).toEqual(hit.map((row) => [row.mac, row.portId]));
  });

  it('congestion: fuller and fuller, above 95 % of what was bought', async () => {
    const cloud = await start();
    const { siteId, mac, portId } = circuit(cloud, 0);
    cloud.scenario.add({ kind: 'congestion', site: siteId, from: START, to: START + 5 * HOUR, rampMinutes: 120 });
    const bought = cloud.truth.circuits(orgOf(cloud).id).find((row) => row.mac === mac)?.bandwidthDownMbps ?? 0;
    const filled = [1, 3].map(
      (hour) => (cloud.truth.circuitHour(orgOf(cloud).id, mac, portId, START + hour * HOUR).rxBytes * 8) / (3600 * bought * 1e6),
    );
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
    expect(await get<Envelope>(cloud, orgPath(cloud, '/alarms/search'))).toMatchObject({
      results: [{ type: 'infra_dhcp_failure', status: 'resolved' }],
    });
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
    expect(() => cloud.scenario.add({ kind: 'site-down', site: 'nowhere', from: START, to: START + 1 })).toThrow(
      'has no site "nowhere"',
    );
    expect(cloud.scenario.list()).toEqual([]);
  });
});
