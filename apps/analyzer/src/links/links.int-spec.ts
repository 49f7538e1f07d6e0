import { HOUR_MS } from '@app/domain';
import {
  linkCircuits,
  parseSettings,
  unlinkCircuit,
  type LinkOutcome,
  type LinkRefused,
  type LinkRequest,
  type OrgRow,
} from '@app/shared';
import { FactsService } from '../facts/facts.service.js';
import { ImportScene, NOW } from '../imports/import.fixture.js';
import { drainRollups } from '../rollups/rollups.js';
import { rederiveDue } from './rederive-due.js';

const START = Date.UTC(2026, 4, 20);
const SEAM = START + 6 * HOUR_MS;
const OLD = '020000000001:ge-0/0/0';
const NEW = '020000000002:ge-0/0/5';
const HEADER = 'timestamp,site_id,mac,port_id,up,rx_bytes,tx_bytes,uptime_s,speed_mbps';
const iso = (at: number): string => new Date(at).toISOString();

/** A reading every five minutes; the counter grows by 1 MB a minute from `base`. */
function samples(
  id: string,
  { from, to, base = 0, up = true }: { from: number; to: number; base?: number; up?: boolean },
): string[] {
  const [mac, port] = id.split(/:(.*)/s);
  const rows: string[] = [];
  for (let at = from; at < to; at += 300_000)
    rows.push(
      `${iso(at)},site-1,${mac ?? ''},${port ?? ''},${String(up)},${String(base + ((at - from) / 60_000) * 1e6)},0,${String((at - from) / 1000)},100`,
    );
  return rows;
}

describe('circuits of replaced gateways', () => {
  let scene: ImportScene;
  beforeEach(async () => {
    scene = await ImportScene.open();
  });
  afterEach(() => scene.close());

  const link = async (over: Partial<LinkRequest> = {}): Promise<LinkOutcome | LinkRefused> => {
    const [org] = await scene.database.query<{ id: number }>('select id from org');
    return linkCircuits(scene.database, {
      orgId: org?.id ?? 0,
      oldId: OLD,
      newId: NEW,
      at: null,
      isForced: false,
      isDryRun: false,
      now: NOW,
      actor: 'test',
      ...over,
    });
  };
  const rederive = async () => {
    const [org] = await scene.database.query<{ id: number }>('select id from org');
    return rederiveDue(scene.database, new FactsService(scene.database, parseSettings('', {})), {
      orgId: org?.id ?? 0,
      now: NOW,
    });
  };
  /** The old gateway for six hours, the new one for six more, with a counter far above. */
  const replaced = async () => {
    await scene.import('port-samples', [HEADER, ...samples(OLD, { from: START, to: SEAM - 1 })]);
    await scene.import('port-samples', [HEADER, ...samples(NEW, { from: SEAM, to: SEAM + 6 * HOUR_MS, base: 9e12 })]);
  };
  const circuits = () => scene.database.query(`select mac || ':' || port_id as id, is_linked from circuit order by id`);

  it('makes one circuit with the whole history, and no bytes out of the change of counters', async () => {
    await replaced();
    expect(await link()).toMatchObject({ outcome: 'linked', id: NEW, since: SEAM, dropped: 0, moved: { samples: 72, hours: 6 } });
    expect(await circuits()).toEqual([{ id: NEW, is_linked: true }]);
    expect(await rederive()).toBe(1);
    const hours = await scene.hours('rx_bytes, covered_ms, up_ms, down_ms, counter_reset');
    expect(hours).toHaveLength(12);
    // Of the last hour of the old counter five minutes are covered by neither.
    expect(hours[5]).toMatchObject({ rx_bytes: 55e6, covered_ms: 55 * 60_000, up_ms: HOUR_MS, counter_reset: false });
    expect(hours.map(({ rx_bytes: bytes }) => bytes).filter((bytes) => Number(bytes) > 60e6)).toEqual([]);
    const [state] = await scene.database.query('select count(*) as states, min(from_at) as first from circuit_state');
    expect(state).toEqual({ states: 1, first: new Date(START) });
  });

  it('finds the circuit for late data of the old port, and leaves out what that port says afterwards', async () => {
    await scene.import('port-samples', [HEADER, ...samples(OLD, { from: START, to: START + HOUR_MS })]);
    await scene.import('port-samples', [HEADER, ...samples(NEW, { from: SEAM, to: SEAM + HOUR_MS })]);
    await link();
    await rederive();
    const late = [HEADER, ...samples(OLD, { from: START, to: SEAM + 2 * HOUR_MS })];
    expect((await scene.import('port-samples', late)).refused).toBe(0);
    expect(await circuits()).toHaveLength(1);
    const [stored] = await scene.database.query('select count(*) as samples, max(at) as last from port_sample');
    expect(stored).toEqual({ samples: 84, last: new Date(SEAM + HOUR_MS - 300_000) });
    const hours = await scene.hours('up_ms');
    expect(hours.map(({ up_ms: up }) => up)).toEqual(Array.from({ length: 7 }, () => HOUR_MS));
  });

  it('gives the same as if the circuit had been one from the start, whether data came before or after the link', async () => {
    await replaced();
    await link();
    await rederive();
    const before = await scene.hours('rx_bytes, covered_ms, up_ms, flaps');
    const other = await ImportScene.open();
    try {
      await other.import('port-samples', [HEADER, ...samples(OLD, { from: START, to: START + 60_000 })]);
      await other.import('port-samples', [HEADER, ...samples(NEW, { from: SEAM, to: SEAM + 60_000, base: 9e12 })]);
      const [org] = await other.database.query<{ id: number }>('select id from org');
      await linkCircuits(other.database, {
        orgId: org?.id ?? 0,
        oldId: OLD,
        newId: NEW,
        at: null,
        isForced: false,
        isDryRun: false,
        now: NOW,
        actor: 't',
      });
      await other.import('port-samples', [HEADER, ...samples(NEW, { from: SEAM, to: SEAM + 6 * HOUR_MS, base: 9e12 })]);
      await other.import('port-samples', [HEADER, ...samples(OLD, { from: START, to: SEAM - 1 })]);
      expect(await other.hours('rx_bytes, covered_ms, up_ms, flaps')).toEqual(before);
    } finally {
      await other.close();
    }
  });

  it('says what would move and moves nothing, and a repeat is harmless', async () => {
    await replaced();
    const dump = await scene.dump();
    expect(await link({ isDryRun: true })).toMatchObject({ outcome: 'dry-run', moved: { samples: 72 } });
    expect(await scene.dump()).toEqual(dump);
    await link();
    await rederive();
    const once = await scene.dump();
    expect(await link()).toMatchObject({ outcome: 'linked-before', since: SEAM });
    expect(await scene.dump()).toEqual(once);
  });

  it('refuses what cannot be meant', async () => {
    await replaced();
    expect(await link({ newId: OLD })).toMatchObject({ outcome: 'refused', code: 'same' });
    expect(await link({ oldId: 'nobody:x' })).toMatchObject({ code: 'unknown' });
    expect(await link({ oldId: '' })).toMatchObject({ code: 'unknown' });
    expect(await link({ oldId: NEW, newId: OLD })).toMatchObject({ code: 'order' });
    await link();
    expect(await link({ oldId: NEW, newId: OLD })).toMatchObject({ code: 'cyclic' });
  });

  it('asks for force where both were seen, says when, and then keeps to the change', async () => {
    await scene.import('port-samples', [HEADER, ...samples(OLD, { from: START, to: SEAM + HOUR_MS, up: false })]);
    await scene.import('port-samples', [HEADER, ...samples(NEW, { from: SEAM, to: SEAM + 2 * HOUR_MS })]);
    const refusal = await link();
    expect(refusal).toMatchObject({ outcome: 'refused', code: 'overlap' });
    expect(JSON.stringify(refusal)).toContain(`${iso(SEAM)} to ${iso(SEAM + HOUR_MS - 300_000)}`);
    expect(await link({ isForced: true })).toMatchObject({ outcome: 'linked', since: SEAM, dropped: 12 });
    await rederive();
    expect((await scene.hours('up_ms')).map(({ up_ms: up }) => up)).toEqual([0, 0, 0, 0, 0, 0, HOUR_MS, HOUR_MS]);
  });

  it('keeps imported hours of both, of one hour the fact that covers more', async () => {
    const header = 'hour,site_id,mac,port_id,rx_bytes,tx_bytes,covered_s,up_minutes,down_minutes,unknown_minutes';
    const hour = (id: string, at: number, covered: number): string =>
      `${iso(at)},site-1,${id.replace(/:/, ',')},${String(covered * 1000)},0,${String(covered)},60,0,0`;
    await scene.import('circuit-hours', [header, hour(OLD, START, 3600), hour(OLD, START + HOUR_MS, 600)]);
    await scene.import('circuit-hours', [header, hour(NEW, START + HOUR_MS, 3000), hour(NEW, START + 2 * HOUR_MS, 3600)]);
    expect(await link()).toMatchObject({ code: 'overlap' });
    expect(await link({ isForced: true })).toMatchObject({ outcome: 'linked' });
    await rederive();
    expect((await scene.hours('rx_bytes')).map(({ rx_bytes: bytes }) => bytes)).toEqual([3_600_000, 3_000_000, 3_600_000]);
    const again = await scene.import('circuit-hours', [header, hour(OLD, START, 1800), hour(OLD, START + 3 * HOUR_MS, 3600)]);
    expect(again).toMatchObject({ stored: 1, refused: 0 });
    expect(await scene.hours('rx_bytes')).toHaveLength(3);
  });

  it('merges dated attributes; undated ones of the new port begin with it where the old one has its own', async () => {
    await replaced();
    const header = 'site_id,mac,port_id,name,role,bandwidth_down_mbps,since';
    await scene.import('circuits', [
      header,
      `site-1,${OLD.replace(':', ',')},main,,100,`,
      `site-1,${OLD.replace(':', ',')},,,150,2026-01-01T00:00:00Z`,
      `site-1,${NEW.replace(':', ',')},fresh,primary,200,`,
      `site-1,${NEW.replace(':', ',')},,,300,2026-01-01T00:00:00Z`,
    ]);
    await link();
    const rows = await scene.database.query<{ name: string | null; role: string | null; down: number | null }>(
      `select since::text, name, role, bandwidth_down_mbps as down from circuit_attribute where source = 'configured' order by circuit_attribute.since`,
    );
    expect(rows.map(({ name, role, down }) => [name, role, down])).toEqual([
      ['main', 'primary', 100],
      [null, null, 300],
      ['fresh', null, 200],
    ]);
    // Told under the old port afterwards, it is still about the circuit.
    await scene.import('circuits', [header, `site-1,${OLD.replace(':', ',')},kept,,,2026-05-01T00:00:00Z`]);
    expect(await circuits()).toHaveLength(1);
  });

  it('links on and on, and lets a port go that is in use again', async () => {
    await replaced();
    const third = '020000000003:ge-0/0/0';
    await scene.import('port-samples', [HEADER, ...samples(third, { from: SEAM + 7 * HOUR_MS, to: SEAM + 8 * HOUR_MS })]);
    await link();
    expect(await link({ oldId: NEW, newId: third })).toMatchObject({ outcome: 'linked' });
    expect(await link()).toMatchObject({ outcome: 'linked-before' });
    await rederive();
    expect(await circuits()).toEqual([{ id: third, is_linked: true }]);
    expect(await scene.hours('up_ms')).toHaveLength(14);
    const [org] = await scene.database.query<{ id: number }>('select id from org');
    expect(await unlinkCircuit(scene.database, { orgId: org?.id ?? 0, id: OLD, now: NOW, actor: 'test' })).toBe(true);
    await scene.import('port-samples', [HEADER, ...samples(OLD, { from: SEAM + 9 * HOUR_MS, to: SEAM + 10 * HOUR_MS })]);
    expect(await circuits()).toEqual([
      { id: OLD, is_linked: false },
      { id: third, is_linked: true },
    ]);
  });

  it('folds the rollups of both anew, so that the groups hold each hour once', async () => {
    await replaced();
    const [org] = await scene.database.query<OrgRow>(
      'select id, external_id as "externalId", name, reporting_timezone as "reportingTimezone" from org',
    );
    if (org === undefined) throw new Error('The import made no organization.');
    const drain = () => drainRollups({ database: scene.database, settings: parseSettings('', {}), org, now: NOW });
    await drain();
    const days = () =>
      scene.database.query(
        `select count(distinct circuit_id) as circuits, sum(up_ms)::float8 as up, sum(facts) as facts from circuit_day`,
      );
    expect(await days()).toEqual([{ circuits: 2, up: 12 * HOUR_MS, facts: 12 }]);
    await link();
    await rederive();
    await drain();
    expect(await days()).toEqual([{ circuits: 1, up: 12 * HOUR_MS, facts: 12 }]);
    expect(await scene.database.query(`select circuits, up_ms, facts from group_day where level = 'org'`)).toEqual([
      { circuits: 1, up_ms: 12 * HOUR_MS, facts: 12 },
    ]);
  });

  it('keeps the failovers of the past, but none between the two', async () => {
    await replaced();
    await scene.database.query(
      `insert into failover (org_id, site_id, primary_id, backup_id, started_at, decided_at, ended_at, trigger, why, changes)
       select o.org_id, o.site_id, u.p, u.b, $1::timestamptz + u.n * interval '1 hour', $1, $1::timestamptz + u.n * interval '1 hour' + interval '10 minutes', 'poll', 'down',
         jsonb_build_array(jsonb_build_object('at', 1, 'circuitId', n.id))
       from circuit o join circuit n on n.mac = '020000000002'
       cross join lateral (values (1, o.id, n.id), (2, o.id, 999), (3, n.id, 999), (4, 999, n.id)) as u (n, p, b) where o.mac = '020000000001'`,
      [new Date(START)],
    );
    await link();
    const [circuit] = await scene.database.query<{ id: number }>('select id from circuit');
    const rows = await scene.database.query(`select primary_id as p, backup_id as b, changes from failover order by started_at`);
    const changes = [{ at: 1, circuitId: circuit?.id }];
    expect(rows).toEqual([
      { p: circuit?.id, b: 999, changes },
      { p: circuit?.id, b: 999, changes },
      { p: 999, b: circuit?.id, changes },
    ]);
  });

  it('leaves no row of any table under the circuit that was joined, but marks for the rollups', async () => {
    await replaced();
    const [joined] = await scene.database.query<{ id: number }>(`select id from circuit where mac = '020000000002'`);
    await link();
    const tables = await scene.database.query<{ name: string }>(
      `select distinct c.table_name as name from information_schema.columns c join pg_class p on p.relname = c.table_name and not p.relispartition
       where c.column_name = 'circuit_id' and c.table_schema = 'public' and p.relkind in ('r', 'p') order by 1`,
    );
    const left: string[] = [];
    for (const { name } of tables) {
      const [row] = await scene.database.query<{ rows: number }>(`select count(*) as rows from ${name} where circuit_id = $1`, [
        joined?.id,
      ]);
      if ((row?.rows ?? 0) > 0) left.push(name);
    }
    expect(left).toEqual(['rollup_mark']);
  });
});
