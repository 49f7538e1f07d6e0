import { IngestScene, MAC, portRow } from '../ingest/ingest.fixture.js';
import { AlertUpkeep } from '../upkeep/alert-upkeep.js';

const MINUTE = 60_000;
const T0 = Date.UTC(2026, 2, 2, 8);
const CONFIGURED = 'orgs:\n  - { id: org-1, baseUrl: api.example.com, token: tok-0123456789 }\n';

let scene: IngestScene;
beforeEach(async () => {
  scene = await IngestScene.open(T0, CONFIGURED);
  await scene.database.query(`update org set created_at = $1`, [new Date(T0)]);
}, 60_000);
afterEach(() => scene.close());

const KINDS = [
  'sites',
  'site-groups',
  'inventory',
  'gateways',
  'wan-ports',
  'peer-paths',
  'device-events',
  'alarms',
  'sle-wifi',
  'sle-wan',
];

/** A whole round of polls, stored. */
async function polled(ports: readonly object[] = []): Promise<void> {
  const at = new Date(scene.clock.now());
  await scene.database.query(
    `insert into poll_state (org_id, kind, committed_at, attempted_at) select o.id, k, $1, $1 from org o cross join unnest($2::text[]) as k
     on conflict (org_id, kind) do update set committed_at = $1, attempted_at = $1, failure_code = null, failed_at = null, failures = 0`,
    [at, KINDS],
  );
  await scene.database.query(
    `insert into poll_cycle (org_id, cycle_id, kind, observed_at, pages, committed_at) select id, $2, 'wan-ports', $1, 1, $1 from org`,
    [at, `cycle-${at.getTime()}`],
  );
  if (ports.length > 0) await scene.commit('wan-ports', ports);
}

const failed = (code: string) =>
  scene.database.query(
    `insert into poll_state (org_id, kind, failure_code, failure_reason, failed_at, failures) select id, 'wan-ports', $1, 'no', $2, 1 from org
     on conflict (org_id, kind) do update set failure_code = $1, failed_at = $2, failures = poll_state.failures + 1`,
    [code, new Date(scene.clock.now())],
  );

const look = () => scene.get(AlertUpkeep).evaluateAlerts('org-1');
const wait = async (minutes: number): Promise<void> => {
  scene.clock.advance(minutes * MINUTE);
  await look();
};
const alerts = async (): Promise<string[]> => {
  const rows = await scene.database.query<{ line: string }>(
    `select rule || ' ' || split_part(subject, ':', 1) || ' ' || status || ' ' || severity as line from alert order by id`,
  );
  return rows.map(({ line }) => line);
};
const device = (mac: string, type: string, connected: boolean) => ({
  mac,
  type,
  connected,
  site_id: 'site-1',
  name: `dev-${mac}`,
  id: mac,
});

describe('no data', () => {
  const [a, b] = [portRow('ge-0/0/0'), portRow('ge-0/0/1')];

  it('is told of a circuit that two polls in a row said nothing of, and ends when it is heard of', async () => {
    await polled([a, b]);
    for (let i = 0; i < 3; i += 1) {
      scene.clock.advance(5 * MINUTE);
      await polled([a]);
      await look();
    }
    expect(await alerts()).toEqual([]);
    scene.clock.advance(5 * MINUTE);
    await polled([a]);
    await look();
    await look();
    expect(await alerts()).toEqual(['no-data circuit firing major']);
    scene.clock.advance(5 * MINUTE);
    await polled([a, b]);
    await look();
    expect(await alerts()).toEqual(['no-data circuit resolved major']);
  });

  it('is told of the site where nothing is heard of any circuit', async () => {
    await polled([a, b]);
    for (let i = 0; i < 5; i += 1) {
      scene.clock.advance(5 * MINUTE);
      await polled();
      await look();
    }
    expect(await alerts()).toEqual(['no-data site firing major']);
    const [row] = await scene.database.query<{ details: unknown }>('select details from alert');
    expect(row?.details).toMatchObject({ lastHeardAt: T0 });
  });

  it('is nothing while no poll comes in, and nothing to a gateway that is cut off or gone', async () => {
    await polled([a]);
    await wait(14);
    expect(await alerts()).toEqual([]);
    await scene.commit('gateways', [{ type: 'gateway', mac: MAC, site_id: 'site-1', status: 'disconnected' }]);
    for (let i = 0; i < 5; i += 1) {
      scene.clock.advance(5 * MINUTE);
      await polled();
      await look();
    }
    expect((await alerts()).filter((line) => line.startsWith('no-data'))).toEqual([]);
  });
});

describe('collector stopped', () => {
  it('is told once for the org after three intervals, and ends with the next stored polls', async () => {
    await polled();
    await wait(15);
    expect(await alerts()).toEqual([]);
    await wait(1);
    await wait(2);
    await wait(5);
    expect(await alerts()).toEqual(['collector-stopped org firing critical']);
    await polled();
    await look();
    expect(await alerts()).toEqual(['collector-stopped org resolved critical']);
  });

  it('is nothing to an org that nobody collects', async () => {
    await scene.close();
    scene = await IngestScene.open(T0);
    await wait(600);
    expect(await alerts()).toEqual([]);
  });
});

describe('token trouble', () => {
  it('is told at once when Mist refuses the token, instead of a collector that stopped', async () => {
    await polled();
    await failed('MIST_UNAUTHORIZED');
    await wait(60);
    await wait(5);
    expect(await alerts()).toEqual(['token-trouble org firing critical']);
    await polled();
    await look();
    expect(await alerts()).toEqual(['token-trouble org resolved critical']);
  });

  it('is told of a pause only when it is long', async () => {
    await polled();
    await failed('MIST_THROTTLED');
    await wait(14);
    expect(await alerts()).toEqual([]);
    await wait(2);
    expect(await alerts()).toEqual(['token-trouble org firing major']);
  });
});

describe('device offline', () => {
  it('is told of a gateway beside another that is up, and not of a site that is down', async () => {
    await scene.commit('inventory', [device('020000000201', 'gateway', true), device('020000000202', 'gateway', true)]);
    scene.clock.advance(MINUTE);
    await scene.commit('inventory', [device('020000000201', 'gateway', true), device('020000000202', 'gateway', false)]);
    await look();
    await wait(2);
    expect((await alerts()).filter((line) => line.startsWith('device'))).toEqual(['device-offline device firing major']);
    await scene.commit('inventory', [device('020000000201', 'gateway', false), device('020000000202', 'gateway', false)]);
    await look();
    expect((await alerts()).filter((line) => line.startsWith('device'))).toEqual(['device-offline device firing major']);
    scene.clock.advance(MINUTE);
    await scene.commit('inventory', [device('020000000201', 'gateway', true), device('020000000202', 'gateway', true)]);
    await look();
    await wait(2);
    expect((await alerts()).filter((line) => line.startsWith('device'))).toEqual(['device-offline device resolved major']);
  });

  it('counts access points by site, leaving out those that never were connected', async () => {
    await scene.commit('inventory', [
      device('020000000301', 'ap', true),
      device('020000000302', 'ap', true),
      device('020000000303', 'ap', false),
    ]);
    await look();
    scene.clock.advance(60 * MINUTE);
    await scene.commit('inventory', [
      device('020000000301', 'ap', false),
      device('020000000302', 'ap', true),
      device('020000000303', 'ap', false),
    ]);
    await look();
    await wait(2);
    expect((await alerts()).filter((line) => line.startsWith('device'))).toEqual(['device-offline site firing warning']);
    const [row] = await scene.database.query<{ details: unknown }>(`select details from alert where rule = 'device-offline'`);
    expect(row?.details).toMatchObject({ offline: { count: 1, of: 2 } });
  });
});

describe('rules by scope', () => {
  const RULES = (more: string) =>
    `${CONFIGURED}rules:\n  - { id: device-offline, forMinutes: 30, match: { sites: [site-1] }${more} }\n  - { id: device-offline, enabled: false, match: { sites: [site-2] } }\n`;
  const twoSites = (connected: boolean) =>
    ['site-1', 'site-2'].flatMap((site, i) => [
      { ...device(`0200000004${i}1`, 'gateway', true), site_id: site },
      { ...device(`0200000004${i}2`, 'gateway', connected), site_id: site },
    ]);

  it('wait as long as their scope says, take its severity, and leave out where they are switched off', async () => {
    await scene.close();
    scene = await IngestScene.open(T0, RULES(', severity: critical'));
    await scene.commit('inventory', twoSites(true));
    scene.clock.advance(MINUTE);
    await scene.commit('inventory', twoSites(false));
    await look();
    await wait(29);
    expect((await alerts()).filter((line) => line.startsWith('device'))).toEqual(['device-offline device pending critical']);
    await wait(1);
    expect((await alerts()).filter((line) => line.startsWith('device'))).toEqual(['device-offline device firing critical']);
  }, 60_000);
});
