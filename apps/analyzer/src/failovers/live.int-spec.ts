import { MINUTE_MS } from '@app/domain';
import { waitFor } from '@app/testing';
import { IngestScene, MAC, portDown, portRow } from '../ingest/ingest.fixture.js';

const START = Date.UTC(2026, 2, 3, 10);
const at = (minutes: number): number => START + minutes * MINUTE_MS;

let scene: IngestScene;
beforeEach(async () => {
  scene = await IngestScene.open(START);
}, 60_000);
afterEach(() => scene.close());

/** A poll of both ports; the one named carries. */
async function poll(minutes: number, active: 'p1' | 'p2' | 'none', more: Readonly<Record<string, object>> = {}): Promise<void> {
  scene.clock.set(at(minutes));
  const rows = ['p1', 'p2'].map((port) => portRow(port, { active: port === active, ...more[port] }));
  await scene.commit('wan-ports', rows);
}

const makePrimary = (portId: string, role: string) =>
  scene.database.query(
    `insert into circuit_attribute (org_id, circuit_id, source, since, name, role)
     select org_id, id, 'configured', '-infinity', $2, $3 from circuit where mac = $1 and port_id = $4`,
    [MAC, portId === 'p1' ? 'main line' : 'spare line', role, portId],
  );

const failovers = async (): Promise<string[]> => {
  const rows = await scene.database.query<{ started: Date; ended: Date | null; trigger: string }>(
    'select started_at as started, ended_at as ended, trigger from failover order by started_at',
  );
  const minute = (time: Date | null): string => (time === null ? '' : String((time.getTime() - START) / MINUTE_MS));
  return rows.map(({ started, ended, trigger }) => `${minute(started)}-${minute(ended)} ${trigger}`);
};
const becomes = (...expected: string[]) =>
  waitFor(async () => JSON.stringify(await failovers()) === JSON.stringify(expected), {
    timeoutMs: 10_000,
    describe: `failovers ${JSON.stringify(expected)}`,
  });
const alerts = async (): Promise<string[]> => {
  const rows = await scene.database.query<{ told: string }>(
    `select rule || ' ' || status || ' ' || severity || ' ' || coalesce(details ->> 'backupName', '') as told from alert where rule = 'failover' order by id`,
  );
  return rows.map(({ told }) => told);
};

describe('a live failover', () => {
  beforeEach(async () => {
    await poll(0, 'p1');
    await makePrimary('p1', 'primary');
    await makePrimary('p2', 'secondary');
  });

  it('shows within seconds after its second poll, fires, and resolves when the primary carries in two polls', async () => {
    await poll(5, 'p2');
    await poll(10, 'p2');
    await becomes('5- poll');
    expect(await alerts()).toEqual(['failover firing major spare line']);
    const [alert] = await scene.database.query<{ since: Date }>(`select since from alert where rule = 'failover'`);
    expect(alert?.since.getTime()).toBe(at(5));
    await poll(15, 'p1');
    await poll(20, 'p1');
    await becomes('5-15 poll');
    expect(await alerts()).toEqual(['failover resolved major spare line']);
    await waitFor(async () => (await scene.database.query('select 1 from failover_watch')).length === 0, {
      describe: 'a settled site',
    });
  });

  it('begins with the event of the port', async () => {
    scene.clock.set(at(3));
    await scene.commit('device-events', [portDown('p1', at(3))]);
    await poll(5, 'p2', { p1: { up: false } });
    await becomes('3- event');
  });

  it('is found whatever the order in which its polls come', async () => {
    const page = (minutes: number, port: string, active: boolean) =>
      scene.commit('wan-ports', [portRow(port, { active })], at(minutes));
    scene.clock.set(at(30));
    await page(25, 'p1', true);
    await page(20, 'p1', true);
    await page(10, 'p1', false);
    await page(20, 'p2', false);
    await page(5, 'p1', false);
    await page(10, 'p2', true);
    await becomes();
    await page(5, 'p2', true);
    await becomes('5-20 poll');
    expect(await alerts()).toEqual([]);
  });

  it('is taken back, with its alert, when a late event shows that the primary was up', async () => {
    await poll(5, 'p2', { p1: { up: false } });
    await poll(10, 'p2', { p1: { up: false } });
    await becomes('5- poll');
    // The port came up a moment before the second poll, so that the poll told old news and is ignored.
    await scene.commit('device-events', [{ ...portDown('p1', at(9.5)), type: 'GW_PORT_UP', text: 'up' }]);
    await becomes();
    expect(await alerts()).toEqual(['failover resolved major spare line']);
  });

  it('is found by counters that stand still where ports have no active flag', async () => {
    const counted = (minutes: number, p1: number, p2: number) => {
      scene.clock.set(at(minutes));
      const row = (port: string, bytes: number) => portRow(port, { rx_bytes: bytes, tx_bytes: 1 });
      return scene.commit('wan-ports', [row('p1', p1), row('p2', p2)]);
    };
    await counted(5, 100, 10);
    await counted(10, 200, 20);
    expect(await scene.database.query('select 1 from failover_watch')).toEqual([]);
    await counted(15, 200, 30);
    await counted(20, 200, 40);
    await becomes('15- poll');
    await counted(25, 300, 40);
    await counted(30, 400, 40);
    await becomes('15-25 poll');
  });

  it('is none while the gateway is cut off from the cloud', async () => {
    scene.clock.set(at(1));
    await scene.commit('gateways', [{ type: 'gateway', mac: MAC, site_id: 'site-1', status: 'connected' }]);
    scene.clock.set(at(4));
    await scene.commit('gateways', [{ type: 'gateway', mac: MAC, site_id: 'site-1', status: 'disconnected' }]);
    await poll(5, 'p2');
    await poll(10, 'p2');
    await waitFor(
      async () => (await scene.database.query('select 1 from failover_mark union all select 1 from failover_due')).length === 0,
      {
        describe: 'everything to be looked at',
      },
    );
    expect(await failovers()).toEqual([]);
  });
});
