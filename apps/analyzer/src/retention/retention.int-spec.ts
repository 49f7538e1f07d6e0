import { PARTITION_GONE, parseSettings, type Row } from '@app/shared';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importFile } from '../imports/import-file.js';
import { GONE_REASON } from '../ingest/gone-samples.js';
import { IngestScene, MAC, ORG, portDown } from '../ingest/ingest.fixture.js';
import { RetentionService } from './retention.service.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Day 0 of the samples. */
const DAY_0 = Date.UTC(2026, 2, 1);
const NOW = DAY_0 + 40 * DAY_MS;
const day = (number: number): number => DAY_0 + number * DAY_MS;

let scene: IngestScene;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'retention-'));
  scene = await IngestScene.open(NOW);
});
afterEach(async () => {
  await scene.close();
  rmSync(folder, { recursive: true });
});

const reading = (at: number, more: object = {}): object => ({
  timestamp: new Date(at).toISOString(),
  site_id: 'site-1',
  mac: MAC,
  port_id: 'ge-0/0/0',
  up: true,
  rx_bytes: Math.round((at - DAY_0) / 1000) * 1000,
  tx_bytes: Math.round((at - DAY_0) / 1000) * 100,
  latency_ms: 20,
  ...more,
});

/** A reading every twenty minutes. */
const readings = (from: number, to: number): object[] =>
  Array.from({ length: Math.ceil((to - from) / (HOUR_MS / 3)) }, (_, i) => reading(from + (i * HOUR_MS) / 3));

const apply = () => scene.get(RetentionService).apply();
const factsUntil = (end: number): Promise<Row[]> =>
  scene.database.query('select * from circuit_hour where hour < $1 order by org_id, circuit_id, hour', [new Date(end)]);
async function daysOf(table: string): Promise<string[]> {
  const rows = await scene.database.query<{ name: string }>(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = $1::regclass order by 1`,
    [table],
  );
  return rows.map(({ name }) => name.slice(table.length + 1));
}
const parked = (): Promise<Row[]> => scene.database.query('select reason from parked_record order by id');

async function importRows(kind: 'circuit-hours' | 'port-samples', lines: readonly string[]): Promise<void> {
  const file = join(folder, `${kind}.csv`);
  writeFileSync(file, lines.join('\n'));
  const settings = parseSettings('', {});
  const now = scene.clock.now();
  const result = await importFile({ database: scene.database, kind, file, orgExternalId: ORG, now, settings });
  expect(result.errors).toEqual([]);
}

describe('retention of samples', () => {
  it('drops days that are over for thirty days and quiet for seven, and leaves the facts as they are', async () => {
    await scene.commit('port-samples', readings(day(0), NOW));
    const [facts, states] = [await factsUntil(NOW), await firstState()];
    expect(facts).toHaveLength(40 * 24);
    // All of it came just now.
    expect((await apply()).dropped).toEqual([]);
    scene.clock.advance(8 * DAY_MS);
    const { dropped } = await apply();
    const kept = (await daysOf('port_sample')).slice(0, 2);
    expect(kept).toEqual(['20260319', '20260320']);
    expect(dropped.filter((name) => name.startsWith('port_sample_'))).toHaveLength(18);
    expect(await daysOf('hour_sketch')).not.toContain('20260318');
    expect(await factsUntil(NOW)).toEqual(facts);

    // Everything is made again from what is left: with another bandwidth, and because of a late event.
    await scene.database.query(
      `insert into circuit_attribute (org_id, circuit_id, source, since, bandwidth_down_mbps) select org_id, id, 'configured', '-infinity', 10 from circuit`,
    );
    await scene.commit('device-events', [portDown('ge-0/0/0', day(19))]);
    await scene.rederive();
    const after = await factsUntil(day(18) + HOUR_MS);
    const known = ({ rx_bytes, covered_ms, up_ms, down_ms, latency_count }: Row): unknown[] => [
      rx_bytes,
      covered_ms,
      up_ms,
      down_ms,
      latency_count,
    ];
    expect(after.map(known)).toEqual(facts.slice(0, 18 * 24 + 1).map(known));
    expect(after[100]?.['utilization_pct']).toBeCloseTo((1000 * 8 * 100) / 10e6, 6);
    expect(await firstState()).toEqual(states);
  });

  it('parks a late reading whose neighbours are gone, unless its hour has no fact', async () => {
    await scene.commit('port-samples', readings(day(0), day(2)));
    scene.clock.advance(8 * DAY_MS);
    await apply();
    const facts = await factsUntil(day(2));
    await scene.commit('port-samples', [reading(day(1) + 7 * HOUR_MS + 60_000, { rx_bytes: 5 })]);
    await scene.commit('device-events', [portDown('ge-0/0/0', day(1) + 9 * HOUR_MS)]);
    expect(await parked()).toEqual([{ reason: GONE_REASON }, { reason: GONE_REASON }]);
    expect(await factsUntil(day(2))).toEqual(facts);
    await scene.commit('port-samples', [
      reading(day(1), { port_id: 'ge-0/0/9' }),
      reading(day(1) + HOUR_MS / 2, { port_id: 'ge-0/0/9' }),
    ]);
    const [made] = await scene.database.query(
      `select covered_ms from circuit_hour h join circuit c on c.org_id = h.org_id and c.id = h.circuit_id where c.port_id = 'ge-0/0/9' order by hour limit 1`,
    );
    expect(made).toEqual({ covered_ms: HOUR_MS / 2 });
    expect(await parked()).toHaveLength(2);
  });

  it('lets a file bring more of a day whose samples are gone, one page after the other', async () => {
    await scene.commit('port-samples', readings(day(0), day(2)));
    scene.clock.advance(8 * DAY_MS);
    await apply();
    const header = 'timestamp,site_id,mac,port_id,up,rx_bytes,tx_bytes';
    const line = (minute: number): string =>
      `${new Date(day(1) + minute * 60_000).toISOString()},site-1,${MAC},ge-0/0/8,true,${minute * 1000},0`;
    await importRows('port-samples', [header, line(0), line(10)]);
    await importRows('port-samples', [header, line(10), line(50)]);
    const [made] = await scene.database.query(
      `select covered_ms, rx_bytes from circuit_hour h join circuit c on c.org_id = h.org_id and c.id = h.circuit_id where c.port_id = 'ge-0/0/8' order by hour limit 1`,
    );
    expect(made).toEqual({ covered_ms: 50 * 60_000, rx_bytes: 50_000 });
    // What a file brought stays thirty days.
    scene.clock.advance(20 * DAY_MS);
    await apply();
    expect(await daysOf('port_sample')).toContain('20260302');
    scene.clock.advance(11 * DAY_MS);
    await apply();
    expect(await daysOf('port_sample')).not.toContain('20260302');
  });

  it('may run twice at once, and leaves what somebody reads for the next time', async () => {
    await scene.commit('port-samples', readings(day(0), day(4)));
    scene.clock.advance(8 * DAY_MS);
    const busy = await scene.database.transaction(async (tx) => {
      await tx.query('select 1 from port_sample limit 1');
      return apply();
    });
    expect(busy.busy).toEqual(['20260301', '20260302', '20260303', '20260304'].map((stamp) => `port_sample_${stamp}`));
    const both = await Promise.all([apply(), apply()]);
    expect(
      both
        .flatMap(({ dropped }) => dropped)
        .filter((name) => name.startsWith('port_sample'))
        .sort(),
    ).toEqual(busy.busy);
    expect(await daysOf('port_sample')).toEqual([]);
  });

  it('is outlived by a process that still believes in a dropped partition', async () => {
    await scene.commit('port-samples', readings(day(39), NOW));
    await scene.database.query('drop table port_sample_20260409');
    const late = reading(day(39) + 90_000);
    await expect(scene.commit('port-samples', [late])).rejects.toMatchObject({ code: PARTITION_GONE });
    await scene.commit('port-samples', [late]);
    expect(await daysOf('port_sample')).toContain('20260409');
  });
});

describe('retention of history', () => {
  const header = 'hour,site_id,mac,port_id,rx_bytes,tx_bytes,up_minutes';
  const hours = (port: string, start: string): string[] => [header, `${start},site-1,${MAC},${port},1000,1000,60`];

  it('drops hours after thirteen months, and what a file brought thirteen months after the file', async () => {
    await importRows('circuit-hours', hours('ge-0/0/1', '2019-05-04T10:00:00Z'));
    await scene.commit('port-samples', readings(day(0), day(1)));
    await apply();
    expect(await daysOf('circuit_hour')).toContain('201905');
    scene.clock.advance(330 * DAY_MS);
    await apply();
    expect(await daysOf('circuit_hour')).toEqual(expect.arrayContaining(['201905', '202603']));
    scene.clock.advance(60 * DAY_MS);
    await apply();
    const kept = await daysOf('circuit_hour');
    expect([kept.includes('201905'), kept.includes('202603')]).toEqual([true, false]);
    scene.clock.advance(31 * DAY_MS);
    await apply();
    expect(await daysOf('circuit_hour')).not.toContain('201905');
    const [first] = await scene.database.query<{ years: number }>(
      'select min(extract(year from first_observed_at))::int as years from circuit where is_live',
    );
    expect(first?.years).toBeGreaterThanOrEqual(2026);
  });

  it('deletes rows of other tables that were kept long enough', async () => {
    await scene.commit('port-samples', readings(day(39), NOW));
    await storeReport();
    await storeSessions();
    expect(await count('batch')).toBe(1);
    expect((await apply()).packed).toBe(0);
    scene.clock.advance(31 * DAY_MS);
    expect((await apply()).packed).toBe(1);
    expect(await count(`report_file where packing = 'gzip' and length(body) < 100`)).toBe(1);
    expect(await count('batch')).toBe(0);
    expect(await count('login_session')).toBe(1);
    expect(await count('circuit_state')).toBeGreaterThan(0);
    expect(await count('data_change where day is not null')).toBeGreaterThan(0);
    scene.clock.advance(430 * DAY_MS);
    await apply();
    expect(await count('circuit_state where to_at < now()')).toBe(0);
    expect(await count('data_change where day is not null')).toBe(0);
    expect((await count('report_run_file')) + (await count('report_run')) + (await count('report_file'))).toBe(0);
  });
});

/** A report as a schedule makes it. */
async function storeReport(): Promise<void> {
  const now = new Date(scene.clock.now());
  await scene.database.query(
    `with run as (insert into report_run (org_id, schedule, due_at, asked, status, next_at, created_at) select id, 'daily', $1, '{}', 'made', $1, $1 from org returning org_id, id),
       file as (insert into report_file (org_id, kind, format, revision, name, made_at, used_at, bytes, sha256, body)
         select id, 'summary', 'text', 'r', 'n', $1, $1, 4000, '', convert_to(repeat('text', 1000), 'UTF8') from org returning org_id, id)
     insert into report_run_file (org_id, run_id, file_id) select run.org_id, run.id, file.id from run join file using (org_id)`,
    [now],
  );
}

/** Of two people, one for a day and one for a year. */
async function storeSessions(): Promise<void> {
  const end = (days: number): Date => new Date(scene.clock.now() + days * DAY_MS);
  await scene.database.query(
    `insert into login_session (id, secret_hash, issuer, subject, name, claims, id_token, created_at, expires_at, last_used_at)
     select e::text, e::text::bytea, 'https://login.example.com', e::text, 'Sam', '{}', '', $1, e, $1 from unnest($2::timestamptz[]) e`,
    [end(0), [end(1), end(365)]],
  );
}

async function count(table: string): Promise<number> {
  const [row] = await scene.database.query<{ count: number }>(`select count(*)::int as count from ${table}`);
  return row?.count ?? 0;
}
async function firstState(): Promise<unknown> {
  const [row] = await scene.database.query('select min(from_at) as first from circuit_state');
  return row?.['first'];
}
