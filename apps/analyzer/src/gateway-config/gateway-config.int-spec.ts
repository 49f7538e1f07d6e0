import { gatewayConfigAnswer } from '@app/mist';
import { waitFor } from '@app/testing';
import { IngestScene, MAC, portRow } from '../ingest/ingest.fixture.js';

const NOW = Date.UTC(2026, 2, 3, 12, 10);
const HOUR_MS = 3_600_000;

let scene: IngestScene;
beforeEach(async () => {
  scene = await IngestScene.open(NOW);
  for (const portId of ['ge-0/0/0', 'ge-0/0/1']) await scene.commit('wan-ports', [portRow(portId, { speed: 1000 })]);
}, 60_000);
afterEach(() => scene.close());

const wan = (more: object): object => ({ usage: 'wan', ...more });
const shaped = (kbps: number): object => ({ traffic_shaping: { enabled: true, max_tx_kbps: kbps } });
const ordered = (...names: string[]): object => ({ all: { paths: names.map((name) => ({ type: 'wan', name })) } });

/** Commits a site's page: one gateway that is configured so. */
const configure = (config: object, at: number): Promise<void> => {
  scene.clock.set(Math.max(at, scene.clock.now()));
  const answer: unknown = JSON.parse(JSON.stringify(gatewayConfigAnswer({ mac: MAC, type: 'gateway', ...config }, null)));
  return scene.commit('gateway-config', [answer], at, { siteId: 'site-1' });
};

/** Every row of the configuration: `port source since-until what`, times in hours after now. */
const rows = async (): Promise<string[]> => {
  const found = await scene.database.query<{ row: string }>(
    `select right(c.port_id, 1) || ' ' || a.source || ' ' || ${hours('a.since')} || '-' || ${hours('a.until')} || ' '
       || coalesce(a.role, a.type, a.bandwidth_up_mbps::text) as row
     from circuit_attribute a join circuit c on c.org_id = a.org_id and c.id = a.circuit_id where a.source <> 'mist' order by 1`,
  );
  return found.map(({ row }) => row);
};
const hours = (column: string): string =>
  `case when isfinite(${column}) then ((extract(epoch from ${column}) * 1000 - ${String(NOW)}) / ${String(HOUR_MS)})::float8::text else '' end`;

const MAIN = {
  'ge-0/0/0': wan({ name: 'main', ...shaped(20_000), wan_type: 'dsl' }),
  'ge-0/0/1': wan({ name: 'lte', lte_backup: true }),
};

describe('the configuration of gateways', () => {
  it('says since ever what it says first, and is repeated without a change', async () => {
    await configure({ port_config: MAIN, path_preferences: ordered('main', 'lte') }, NOW);
    const said = ['0 path_preference - primary', '0 port_config - dsl', '0 traffic_shaping - 20', '1 lte - secondary'];
    expect(await rows()).toEqual([...said, '1 path_preference - secondary']);
    await configure({ port_config: MAIN, path_preferences: ordered('main', 'lte') }, NOW + HOUR_MS);
    expect(await rows()).toEqual([...said, '1 path_preference - secondary']);
  });

  it('ends what is said no longer and begins anew what is said otherwise', async () => {
    await configure({ port_config: MAIN }, NOW);
    await configure({ port_config: { 'ge-0/0/0': wan({ name: 'main', ...shaped(50_000) }) } }, NOW + HOUR_MS);
    expect(await rows()).toEqual([
      '0 port_config -1 dsl',
      '0 traffic_shaping -1 20',
      '0 traffic_shaping 1- 50',
      '1 lte -1 secondary',
    ]);
    await configure({ port_config: MAIN }, NOW + 2 * HOUR_MS);
    expect((await rows()).filter((row) => row.includes('lte'))).toEqual(['1 lte -1 secondary', '1 lte 2- secondary']);
  });

  it('is not taken back by an older reading, nor by a page that says nothing', async () => {
    await configure({ port_config: MAIN }, NOW);
    await configure({ port_config: {} }, NOW - HOUR_MS);
    scene.clock.set(NOW + HOUR_MS);
    await scene.commit('gateway-config', [], NOW + HOUR_MS, { siteId: 'site-1' });
    await scene.commit('gateway-config', [], NOW + HOUR_MS);
    expect(await rows()).toHaveLength(3);
    const [site] = await scene.database.query<{ at: Date }>('select gateway_config_at as at from site');
    expect(site?.at.getTime()).toBe(NOW + HOUR_MS);
  });

  it('limits what is sent: stored hours are reckoned by it, the way down by the link', async () => {
    const poll = async (hour: number, rx_bytes: number, tx_bytes: number): Promise<void> => {
      scene.clock.set(Date.UTC(2026, 2, 3, hour));
      await scene.commit('wan-ports', [portRow('ge-0/0/0', { speed: 1000, rx_bytes, tx_bytes })]);
    };
    await poll(13, 0, 0);
    await poll(14, 1_000, 4_500_000_000);
    await poll(15, 90_000_001_000, 4_500_001_000);
    await configure({ port_config: MAIN }, NOW + 3 * HOUR_MS);
    // In the first hour 10 Mbps went out of 20, in the second 200 Mbps came in of 1000.
    await waitFor(async () => (await utilization()).join() === '50,20', { describe: 'utilization by the sending limit' });
  });

  it('gives a site its primary, so that it can fail over', async () => {
    await configure({ port_config: MAIN, path_preferences: ordered('main', 'lte') }, NOW);
    for (const minutes of [5, 10]) {
      scene.clock.set(NOW + minutes * 60_000);
      await scene.commit('wan-ports', [portRow('ge-0/0/0', { up: false }), portRow('ge-0/0/1', { active: true })]);
    }
    const failovers = () => scene.database.query<{ started_at: Date }>('select started_at from failover');
    const [failover] = await waitFor(async () => ((await failovers()).length > 0 ? failovers() : null));
    expect(failover?.started_at.getTime()).toBe(NOW + 5 * 60_000);
  });

  it('sets a record aside that is not as agreed, and reads its neighbours', async () => {
    const good: unknown = JSON.parse(JSON.stringify(gatewayConfigAnswer({ mac: MAC, type: 'gateway', port_config: MAIN }, null)));
    await scene.commit('gateway-config', [{ mac: MAC }, good], NOW, { siteId: 'site-1' });
    expect(await scene.database.query('select reason from parked_record')).toEqual([{ reason: 'own is missing' }]);
    expect(await rows()).toHaveLength(3);
  });
});

/** Of the hours that were covered long enough, oldest first. */
const utilization = async (): Promise<number[]> => {
  const found = await scene.database.query<{ pct: number }>(
    'select round(utilization_pct)::float8 as pct from circuit_hour where covered_ms = 3600000 and utilization_pct is not null order by hour',
  );
  return found.map(({ pct }) => pct);
};
