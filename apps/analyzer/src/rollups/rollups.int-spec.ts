import { bucketOf, DAY_MS, HOUR_MS, type EpochMs } from '@app/domain';
import { Database, parseSettings, upsertOrg, type Transaction } from '@app/shared';
import { epochMs } from '../facts/sql-time.js';
import { randomOf, RollupScene, someHour, type ToldHour } from './rollups.fixture.js';

const FROM = Date.UTC(2026, 0, 1);
const NOW = Date.UTC(2026, 2, 10);

let scene: RollupScene;
beforeEach(async () => {
  scene = await RollupScene.open('UTC');
}, 60_000);
afterEach(() => scene.close());

/** Consecutive hours of circuits at their sites. */
function hoursOf(
  circuits: readonly number[],
  sites: readonly number[],
  { from, days }: { from: EpochMs; days: number },
): ToldHour[] {
  const random = randomOf(7);
  return circuits.flatMap((circuitId, i) =>
    Array.from({ length: days * 24 }, (_, h) =>
      someHour(random, { circuitId, siteId: sites[i % sites.length] ?? 0, hour: from + h * HOUR_MS }),
    ),
  );
}

const steady = (circuitId: number, siteId: number, hour: EpochMs, utilizationPct: number): ToldHour => {
  const base = someHour(() => 0.5, { circuitId, siteId, hour });
  return { ...base, source: 'imported', fact: { ...base.fact, utilizationPct, coveredMs: HOUR_MS } };
};

/** A database that loses its connection at the end of the n-th transaction. */
class DyingDatabase extends Database {
  constructor(
    url: string,
    private left: number,
  ) {
    super({ url, poolSize: 6 });
  }

  override transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return super.transaction(async (tx) => {
      const result = await work(tx);
      if (this.left-- <= 0) throw new Error('killed');
      return result;
    });
  }
}

const rowsOf = (table: string, columns: string): Promise<Record<string, unknown>[]> =>
  scene.database.query(`select ${columns} from ${table} order by 1, 2`);

describe('a drain', () => {
  it('that is killed at any place loses nothing', async () => {
    const { circuits, sites } = await scene.place(3, 2);
    await scene.tell(hoursOf(circuits, sites, { from: FROM, days: 40 }));
    await scene.drain(NOW);
    const whole = await scene.dump();
    await scene.region(sites[0] ?? 0, FROM + 3 * DAY_MS, { region: 'North' });
    await scene.drain(NOW);
    const moved = await scene.dump();
    expect(moved).not.toEqual(whole);
    await scene.database.query(
      'truncate rollup_mark, rollup_group_due, rollup_state, circuit_day, circuit_week, circuit_month, circuit_sketch',
    );
    await scene.database.query('truncate group_day, group_week, group_month');
    await scene.database.query(`insert into rollup_mark select $1, id, '-infinity', 'infinity' from circuit`, [scene.org.id]);
    let kills = 0;
    for (let left = 0; ; left++) {
      const dying = new DyingDatabase(scene.url, left);
      const outcome = await scene.drain(NOW, { database: dying }).catch((error: Error) => error.message);
      await dying.close();
      if (outcome !== 'killed') break;
      kills++;
    }
    expect(kills).toBeGreaterThan(3);
    expect(await scene.dump()).toEqual(moved);
    expect(await scene.marks()).toBe(0);
  }, 120_000);

  it('leaves the work to the one that is at it, and both together lose no hour told meanwhile', async () => {
    const { circuits, sites } = await scene.place(3, 2);
    const hours = hoursOf(circuits, sites, { from: FROM, days: 12 });
    const parts = Array.from({ length: 8 }, (_, i) => hours.filter((_hour, h) => h % 8 === i));
    await Promise.all([
      (async () => {
        for (const part of parts) await scene.tell(part);
      })(),
      ...[0, 1, 2].map(async () => {
        for (let i = 0; i < 4; i++) await scene.drain(NOW, { isPatient: i % 2 === 0 });
      }),
    ]);
    await scene.drain(NOW);
    const found = await scene.dump();
    await scene.drain(NOW, { again: { from: -Infinity, to: Infinity } });
    expect(await scene.dump()).toEqual(found);
    expect(await rowsOf('circuit_month', 'circuit_id, start, facts')).toHaveLength(3);
  }, 120_000);

  it('has nothing to do where nothing changed', async () => {
    const { circuits, sites } = await scene.place(2, 1);
    const hours = hoursOf(circuits, sites, { from: FROM, days: 2 });
    await scene.tell(hours);
    expect(await scene.drain(NOW)).toMatchObject({ isMine: true, circuitDays: 4, hours: 96 });
    await scene.tell(hours);
    await scene.region(sites[0] ?? 0, -Infinity, { region: null });
    expect(await scene.drain(NOW)).toMatchObject({ circuitDays: 0, groups: 0, hours: 0 });
  });

  it('reads for one late hour only its day, and for its groups only their circuits', async () => {
    const { circuits, sites } = await scene.place(4, 4);
    const hours = hoursOf(circuits, sites, { from: FROM, days: 30 });
    await scene.tell(hours);
    await scene.drain(NOW);
    const [circuitId, siteId] = [circuits[0] ?? 0, sites[0] ?? 0];
    await scene.tell([steady(circuitId, siteId, FROM + 30 * HOUR_MS, 99)]);
    // Its day, week and month, in its region and the organization.
    expect(await scene.drain(NOW)).toEqual({ isMine: true, circuitDays: 1, circuitPeriods: 2, groups: 6, hours: 24 });
  }, 60_000);
});

describe('weeks and months', () => {
  it('are stored when they end, and folded again when something of them comes late', async () => {
    const { circuits, sites } = await scene.place(1, 1);
    const hours = hoursOf(circuits, sites, { from: FROM, days: 35 });
    const starts = async (grain: string): Promise<string[]> =>
      (await rowsOf(`circuit_${grain}`, `to_char(start at time zone 'UTC', 'MM-DD') as start, facts`)).map(
        ({ start, facts }) => `${String(start)} ${String(facts)}`,
      );
    await scene.tell(hours.slice(0, 20 * 24));
    await scene.drain(Date.UTC(2026, 0, 21));
    expect(await starts('week')).toEqual(['01-05 168', '01-12 168', '12-29 96']);
    expect(await starts('month')).toEqual([]);
    await scene.tell(hours.slice(20 * 24));
    await scene.drain(Date.UTC(2026, 0, 21));
    expect(await starts('week')).toHaveLength(3);
    // Nothing is marked any more: time alone ends them.
    await scene.drain(Date.UTC(2026, 1, 5));
    expect(await starts('week')).toEqual(['01-05 168', '01-12 168', '01-19 168', '01-26 168', '12-29 96']);
    expect(await starts('month')).toEqual(['01-01 744']);
    expect(await rowsOf('group_month', 'level, facts')).toEqual([
      { level: 'org', facts: 744 },
      { level: 'region', facts: 744 },
    ]);
    // A clock that goes backward closes nothing twice and forgets nothing.
    const before = await scene.dump();
    await scene.drain(Date.UTC(2026, 0, 2));
    expect(await scene.dump()).toEqual(before);
    await scene.tell([steady(circuits[0] ?? 0, sites[0] ?? 0, FROM - HOUR_MS, 99)]);
    await scene.drain(Date.UTC(2026, 0, 2));
    expect(await starts('month')).toEqual(['01-01 744', '12-01 1']);
    expect(await starts('week')).toContain('12-29 97');
  }, 60_000);
});

describe('groups', () => {
  it('follow dated attributes, and those without members vanish', async () => {
    const { circuits, sites } = await scene.place(2, 2);
    await scene.tell(hoursOf(circuits, sites, { from: FROM, days: 3 }));
    await scene.drain(NOW);
    const days = () => rowsOf('group_day', `level || ' ' || key as name, round(${epochMs('start')}) as start, facts, circuits`);
    const site = sites[0] ?? 0;
    expect((await days()).filter(({ name }) => name === 'region Unassigned')).toHaveLength(3);
    await scene.region(site, FROM + DAY_MS + 30 * 60_000, { region: 'North', storeType: 'mall' });
    await scene.drain(NOW);
    expect((await days()).filter(({ name }) => name !== 'org ' && name !== 'region DE')).toEqual([
      { name: 'region North', start: FROM + DAY_MS, facts: 23, circuits: 1 },
      { name: 'region North', start: FROM + 2 * DAY_MS, facts: 24, circuits: 1 },
      { name: 'region Unassigned', start: FROM, facts: 24, circuits: 1 },
      { name: 'region Unassigned', start: FROM + DAY_MS, facts: 1, circuits: 1 },
      { name: 'store_type mall', start: FROM + DAY_MS, facts: 23, circuits: 1 },
      { name: 'store_type mall', start: FROM + 2 * DAY_MS, facts: 24, circuits: 1 },
    ]);
    await scene.database.query('delete from site_attribute');
    await scene.database.query(`update site set country_code = 'FR' where id = $1`, [site]);
    await scene.drain(NOW);
    const names = new Set((await days()).map(({ name }) => name));
    expect([...names].sort()).toEqual(['org ', 'region DE', 'region FR']);
  }, 60_000);

  it('lose the hours of a circuit whose hours are taken away', async () => {
    const { circuits, sites } = await scene.place(2, 1);
    await scene.tell(hoursOf(circuits, sites, { from: FROM, days: 3 }));
    await scene.drain(NOW);
    await scene.database.query('delete from circuit_hour where circuit_id = $1', [circuits[0]]);
    await scene.database.query(`insert into rollup_mark values ($1, $2, '-infinity', 'infinity')`, [scene.org.id, circuits[0]]);
    await scene.drain(NOW);
    expect(await rowsOf('circuit_month', 'circuit_id, facts')).toEqual([{ circuit_id: circuits[1], facts: 72 }]);
    expect(await rowsOf('circuit_sketch', 'distinct circuit_id, 1')).toHaveLength(1);
    expect(await rowsOf('group_month', 'distinct circuits, facts')).toEqual([{ circuits: 1, facts: 72 }]);
  }, 60_000);
});

describe('what is configured', () => {
  const totals = async (): Promise<Record<string, number>> => {
    const rows = await scene.database.query<{ key: string; hours: number }>(
      `select level || ' ' || key as key, sum(above[2])::int as hours from group_day group by 1`,
    );
    return Object.fromEntries(rows.map(({ key, hours }) => [key, hours]));
  };

  it('counts stored hours again when thresholds change, and only those of the circuits concerned', async () => {
    const { circuits, sites } = await scene.place(2, 2);
    for (const [i, site] of sites.entries()) await scene.region(site, -Infinity, { region: `R${i}` });
    const hours = circuits.flatMap((id, i) =>
      Array.from({ length: 24 * 40 }, (_, h) => steady(id, sites[i] ?? 0, FROM + h * HOUR_MS, 65)),
    );
    await scene.tell(hours);
    await scene.drain(NOW);
    expect(await totals()).toEqual({ 'org ': 0, 'region R0': 0, 'region R1': 0 });
    const lower = parseSettings('thresholds: { regions: { R1: { utilization: { warning: 60 } } } }', {});
    expect(await scene.drain(NOW, { settings: lower })).toMatchObject({ circuitDays: 40 });
    expect(await totals()).toEqual({ 'org ': 960, 'region R0': 0, 'region R1': 960 });
    expect(await scene.drain(NOW, { settings: lower })).toMatchObject({ circuitDays: 0 });
    // An organization whose id was found out from its token has the thresholds of that entry.
    const found = parseSettings(
      `{ orgs: [{ id: auto, baseUrl: api.example.com, token: example-token }], thresholds: { orgs: { auto: { utilization: { warning: 50 } } } } }`,
      {},
    );
    await scene.drain(NOW, { settings: found });
    expect(await totals()).toEqual({ 'org ': 1920, 'region R0': 960, 'region R1': 960 });
    const [state] = await scene.database.query<{ text: string }>('select thresholds::text as text from rollup_state');
    expect(state?.text).not.toContain('example-token');
  }, 60_000);

  it('makes everything anew for another time zone', async () => {
    const { circuits, sites } = await scene.place(2, 1);
    await scene.tell(hoursOf(circuits, sites, { from: FROM, days: 40 }));
    await scene.drain(NOW);
    const org = await upsertOrg(scene.database, { externalId: 'org-1', reportingTimezone: 'Asia/Kolkata' });
    await scene.drain(NOW, { org });
    const starts = await rowsOf('circuit_day', `distinct round(${epochMs('start')}) as start, 1`);
    for (const { start } of starts) expect(bucketOf(start as number, 'day', 'Asia/Kolkata').from).toBe(start);
    const [sum] = await scene.database.query('select sum(facts)::int as facts from circuit_day');
    expect(sum).toEqual({ facts: 2 * 40 * 24 });
  }, 60_000);
});

describe('quality', () => {
  it('keeps the percentiles of days whose hours lost their sketches', async () => {
    const { circuits, sites } = await scene.place(1, 1);
    const hours = hoursOf(circuits, sites, { from: FROM, days: 2 }).map((hour) => ({ ...hour, source: 'samples' as const }));
    await scene.tell(hours);
    await scene.drain(NOW);
    const of = () => rowsOf('circuit_day', 'start, latency_p95, latency_sketched');
    const before = await of();
    expect(before[0]?.['latency_sketched']).toBeGreaterThan(24);
    await scene.database.query('truncate hour_sketch');
    await scene.drain(NOW, { again: { from: -Infinity, to: Infinity } });
    expect(await of()).toEqual(before);
    // Hours told by another system have no samples: nothing of them is known any more.
    await scene.tell(hours.map((hour) => ({ ...hour, source: 'imported' as const, fact: { ...hour.fact, coveredMs: HOUR_MS } })));
    await scene.drain(NOW);
    expect((await of()).map((row) => row['latency_sketched'])).toEqual([0, 0]);
  }, 60_000);
});
