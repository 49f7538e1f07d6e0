import 'reflect-metadata';
import { HOUR_MS, MINUTE_MS } from '@app/domain';
import { ImportScene } from '../imports/import.fixture.js';

const START = Date.UTC(2026, 4, 4, 8);
const iso = (minutes: number): string => new Date(START + minutes * MINUTE_MS).toISOString();
const HEADER = 'timestamp,site_id,mac,port_id,up,rx_bytes,tx_bytes,latency_ms';
const ROLES = ['site_id,mac,port_id,role,bandwidth_down_mbps', 's1,m1,p1,primary,10', 's1,m1,p2,backup,10'];

/** Five-minute samples of a primary that stands still from `from` to `to` (minutes), and of a backup that always moves. */
function samples(from: number, to: number, length = 120): string[] {
  const rows: string[] = [];
  let primary = 0;
  for (let minute = 0; minute <= length; minute += 5) {
    if (minute <= from || minute > to) primary += 1_000;
    rows.push(`${iso(minute)},s1,m1,p1,true,${String(primary)},0,10`);
    rows.push(`${iso(minute)},s1,m1,p2,true,${String(minute * 1_000_000)},0,${String(minute)}`);
  }
  return rows;
}

let scene: ImportScene;
beforeEach(async () => {
  scene = await ImportScene.open();
}, 60_000);
afterEach(() => scene.close());

interface Found {
  readonly started: Date;
  readonly ended: Date | null;
}
const failovers = async (): Promise<string[]> => {
  const rows = await scene.database.query<Found & { trigger: string; why: string; backup: string }>(
    `select f.started_at as started, f.ended_at as ended, f.trigger, f.why, b.port_id as backup from failover f
     join circuit b on b.org_id = f.org_id and b.id = f.backup_id order by f.started_at`,
  );
  const minute = (at: Date | null): string => (at === null ? '' : String((at.getTime() - START) / MINUTE_MS));
  return rows.map(
    ({ started, ended, trigger, why, backup }) => `${minute(started)}-${minute(ended)} ${trigger} ${why} ${backup}`,
  );
};
const importSamples = (rows: readonly string[]) => scene.import('port-samples', [HEADER, ...rows]);
const importEvents = (...rows: string[]) => scene.import('port-events', ['timestamp,site_id,mac,port_id,state', ...rows]);

describe('failovers of imported history', () => {
  it('are found with their figures, and alarm nobody', async () => {
    await scene.import('circuits', ROLES);
    await importSamples(samples(30, 60));
    expect(await failovers()).toEqual(['35-65 poll inactive p2']);
    const [row] = await scene.database.query(
      'select latency_count as count, latency_avg as avg, latency_max as max, rx_bytes as rx, covered_ms as covered, utilization_pct as pct from failover',
    );
    // 30 minutes at 1,000,000 bytes a minute, of 10 Mbps: 1e6 * 8 / 60 / 1e7.
    expect(row).toEqual({
      count: 6,
      avg: 47.5,
      max: 60,
      rx: 30_000_000,
      covered: 30 * MINUTE_MS,
      pct: expect.closeTo(4 / 3, 9) as number,
    });
    expect(await scene.database.query('select 1 from alert')).toEqual([]);
    expect(await scene.database.query('select 1 from failover_mark union all select 1 from failover_due')).toEqual([]);
  });

  it('are the same in any order and cut, and a second import changes nothing', async () => {
    const rows = [...samples(30, 60), ...samples(200, 260, 400).slice(60)];
    await importSamples([...rows].reverse());
    await scene.import('circuits', ROLES);
    const expected = ['35-65 poll inactive p2', '205-265 poll inactive p2'];
    expect(await failovers()).toEqual(expected);
    const ids = await scene.database.query('select * from failover order by id');
    await importSamples(rows);
    for (let i = 0; i < rows.length; i += 37) await importSamples(rows.slice(i, i + 37));
    expect(await scene.database.query('select * from failover order by id')).toEqual(ids);
  });

  it('begin with their event when it comes later, and end with the polls', async () => {
    await scene.import('circuits', ROLES);
    await importSamples(samples(30, 60));
    await importEvents(`${iso(31)},s1,m1,p1,down`);
    expect(await failovers()).toEqual(['31-65 event down p2']);
  });

  it('are taken away by late samples that show the primary carrying', async () => {
    await scene.import('circuits', ROLES);
    await importSamples(samples(30, 40));
    expect(await failovers()).toEqual(['35-45 poll inactive p2']);
    // Received later, so these count instead.
    const moved = samples(400, 400).map((row) => `${row},2026-05-04T12:00:00Z`);
    await scene.import('port-samples', [`${HEADER},received_at`, ...moved]);
    expect(await failovers()).toEqual([]);
  });

  it('follow roles loaded later, and dated ones', async () => {
    await importSamples(samples(30, 60));
    expect(await failovers()).toEqual([]);
    await scene.import('circuits', ROLES);
    expect(await failovers()).toEqual(['35-65 poll inactive p2']);
    await scene.import('circuits', ['site_id,mac,port_id,role,since', `s1,m1,p1,secondary,${iso(50)}`]);
    expect(await failovers()).toEqual(['35-50 poll inactive p2']);
    await scene.import('circuits', ['site_id,mac,port_id,role,since', `s1,m1,p1,backup,${iso(0)}`]);
    expect(await failovers()).toEqual([]);
  });

  it('re-derive their utilization when a bandwidth is loaded later', async () => {
    await scene.import('circuits', ROLES);
    await importSamples(samples(30, 60));
    await scene.import('circuits', ['site_id,mac,port_id,bandwidth_down_mbps', 's1,m1,p2,20']);
    expect(await scene.database.query('select round(utilization_pct::numeric, 4)::float8 as pct from failover')).toEqual([
      { pct: 0.6667 },
    ]);
  });

  it('stay when their samples are gone', async () => {
    await scene.import('circuits', ROLES);
    await importSamples(samples(30, 60));
    await scene.database.query('delete from port_sample where at < $1', [new Date(START + HOUR_MS)]);
    await scene.import('circuits', ['site_id,mac,port_id,role,since', `s1,m1,p1,backup,${iso(0)}`]);
    await importSamples([`${iso(15)},s1,m1,p1,true,99999999,0,10`]);
    expect(await failovers()).toEqual(['35-65 poll inactive p2']);
  });

  it('know nothing of a gateway’s other sites', async () => {
    await scene.import('circuits', ['site_id,mac,port_id,role', 's1,m1,p1,primary', 's2,m2,p2,backup']);
    await importSamples(samples(30, 60).map((row) => row.replace('s1,m1,p2', 's2,m2,p2')));
    expect(await failovers()).toEqual([]);
  });
});
