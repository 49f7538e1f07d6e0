import { ImportScene, NOW } from './import.fixture.js';
import { laneOfText } from './lane.js';

const HEADER = 'hour,site_id,mac,port_id,rx_bytes,tx_bytes';
const HOURS = ['2026-03-01T10:00:00Z', '2026-03-01T11:00:00Z'];
const GATEWAYS = Array.from({ length: 12 }, (_, i) => i);
/** Three gateways at each site, so that rows which are stored at the same time share sites. */
const rows = (name: string, bytes: number): string[] =>
  GATEWAYS.flatMap((i) => HOURS.map((hour) => `${hour},s${i % 4},${name}${i},p,${bytes + i},${bytes}`));

let scene: ImportScene;
beforeAll(async () => {
  scene = await ImportScene.open();
}, 60_000);
afterAll(() => scene.close());

const stored = async (): Promise<unknown[]> =>
  (await scene.hours('rx_bytes::int as rx')).map(({ mac, rx }) => [String(mac).replace(/\D/g, ''), rx]);
const expected = (bytes: number): unknown[] =>
  GATEWAYS.map(String)
    .sort()
    .flatMap((i) => HOURS.map(() => [i, bytes + Number(i)]));

describe('hours of many gateways in one file', () => {
  it('are all stored, and the last row of an hour counts', async () => {
    const result = await scene.import('circuit-hours', [HEADER, ...rows('new', 1000), ...rows('new', 2000)]);
    expect(result).toMatchObject({ rows: 48, stored: 24, unchanged: 24, refused: 0 });
    expect(await stored()).toEqual(expected(2000));
  });

  it('follow each other in the file also where one gateway replaced the other', async () => {
    await scene.database.query(
      `insert into circuit_alias (org_id, mac, port_id, circuit_id, until, linked_at, actor)
       select org_id, replace(mac, 'new', 'old'), port_id, id, $1, $1, 'test' from circuit`,
      [new Date(NOW)],
    );
    await scene.import('circuit-hours', [HEADER, ...rows('new', 3000), ...rows('old', 4000)]);
    expect(await stored()).toEqual(expected(4000));
    await scene.import('circuit-hours', [HEADER, ...rows('old', 5000), ...rows('new', 6000)]);
    expect(await stored()).toEqual(expected(6000));
  });
});

/** Everything of the hours of an org, by names. Hours between those of a file tell nothing, and lie where the circuit was known to be when they were made. */
const everything = (org: string): Promise<unknown[]> =>
  scene.database.query(
    `select c.mac, at.external_id as circuit_site, case when h.source = 'imported' then s.external_id end as site, c.first_observed_at, c.last_observed_at,
       c.facts_until, to_jsonb(h) - '{org_id,circuit_id,site_id}'::text[] as fact
     from circuit_hour h join org o on o.id = h.org_id and o.external_id = $1 join circuit c on c.org_id = h.org_id and c.id = h.circuit_id
     join site s on s.org_id = h.org_id and s.id = h.site_id join site at on at.org_id = c.org_id and at.id = c.site_id order by c.mac, h.hour`,
    [org],
  );

/** Connections of the import that are in the middle of something. */
const underWay = (): Promise<unknown[]> =>
  scene.database.query(
    "select state, query from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'",
  );

const START = Date.UTC(2026, 1, 27);
const row = (name: string, hour: number, site: string, bytes: number): string =>
  `${new Date(START + hour * 3_600_000).toISOString()},${site},${name},p,${bytes},${bytes}`;
const nameIn = (lane: number, kind: string): string =>
  Array.from({ length: 20 }, (_, i) => `${kind}${i}`).find((name) => laneOfText(name, 2) === lane) ?? '';

describe('lanes of an import', () => {
  it('are at rest when one has failed, and the next import does the rest', async () => {
    const [bad, slow] = [nameIn(0, 'bad'), nameIn(1, 'slow')];
    await scene.database.query(
      `create function refuse() returns trigger language plpgsql as $$ begin
         if new.mac like 'slow%' then perform pg_sleep(0.2); else raise exception 'refused for a try'; end if; return new; end $$`,
    );
    await scene.database.query(
      "create trigger refuse before insert on circuit for each row when (new.mac ~ '^(bad|slow)') execute function refuse()",
    );
    const hours = Array.from({ length: 60 }, (_, i) => [row(slow, i, 'site-slow', i), row(bad, i, 'site-bad', i)]);
    const file = [HEADER, ...hours.flat()];
    const org = { orgExternalId: 'failing' };
    await expect(scene.import('circuit-hours', file, { ...org, shares: { rows: 10 } })).rejects.toThrow('refused for a try');
    expect(await underWay()).toEqual([]);
    const left = await everything('failing');
    // What was under way was ended; what came after it was not begun.
    expect(left).toHaveLength(10);
    await scene.database.query('drop function refuse cascade');
    expect(await scene.import('circuit-hours', file, org)).toMatchObject({ rows: 120, stored: 110, unchanged: 10 });
    await scene.import('circuit-hours', file, { orgExternalId: 'clean' });
    expect(await everything('failing')).toEqual(await everything('clean'));
  });

  it('and chunks of any size end at the same: the last row of an hour, its site too', async () => {
    let seed = 7;
    const below = (limit: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return (seed >>> 8) % limit;
    };
    const file = [HEADER, ...Array.from({ length: 240 }, () => row(`r${below(6)}`, below(80), `t${below(3)}`, 1 + below(9)))];
    const outcomes: unknown[] = [];
    for (const [i, shares] of [{ lanes: 1 }, { lanes: 2, rows: 15 }, { lanes: 1, rows: 40 }].entries()) {
      const org = `shares-${i}`;
      expect(await scene.import('circuit-hours', file, { orgExternalId: org, shares })).toMatchObject({ rows: 240, refused: 0 });
      outcomes.push(await everything(org));
    }
    for (const outcome of outcomes) expect(outcome).toEqual(outcomes[0]);
    expect(outcomes[0]).not.toEqual([]);
  });

  it('make a new month when the other one stores nothing, so that no reader waits behind both', async () => {
    await scene.database.query(
      'create function linger() returns trigger language plpgsql as $$ begin perform pg_sleep(0.05); return null; end $$',
    );
    await scene.database.query(
      'create trigger linger before insert on circuit_hour for each statement execute function linger()',
    );
    const names = [nameIn(0, 'm'), nameIn(1, 'm')];
    const first = (Date.UTC(2025, 6, 31) - START) / 3_600_000;
    const file = [HEADER, ...Array.from({ length: 80 }, (_, i) => row(names[i % 2] ?? '', first + Math.floor(i / 2), 's', i))];
    let isOver = false;
    const importing = scene.import('circuit-hours', file, { orgExternalId: 'months', shares: { rows: 8 } }).finally(() => {
      isOver = true;
    });
    const waiting: unknown[] = [];
    while (!isOver) {
      waiting.push(
        ...(await scene.database.query(
          "select l.mode from pg_locks l where l.relation = 'circuit_hour'::regclass and l.mode = 'AccessExclusiveLock' and not l.granted",
        )),
      );
    }
    expect(await importing).toMatchObject({ rows: 80, stored: 80 });
    await scene.database.query('drop function linger cascade');
    expect(waiting).toEqual([]);
  });
});
