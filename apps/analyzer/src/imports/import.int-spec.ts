import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importFile } from './import-file.js';
import { CIRCUITS, EVENTS, FILES, HOURS, SAMPLES, SITES, SLE } from './import-files.fixture.js';
import { ImportScene, NOW } from './import.fixture.js';
import type { ImportKind } from './kinds.js';

let scene: ImportScene;
beforeEach(async () => {
  scene = await ImportScene.open();
}, 60_000);
afterEach(() => scene.close());

const query = (sql: string): Promise<Record<string, unknown>[]> => scene.database.query(sql);

describe('an import', () => {
  it.each(FILES)('of %s stores every row, and nothing the second time', async (kind, text) => {
    const rows = text.length - 1;
    expect(await scene.import(kind, text)).toEqual({ rows, stored: rows, unchanged: 0, refused: 0, errors: [] });
    const before = await scene.dump();
    expect(await scene.import(kind, text)).toEqual({ rows, stored: 0, unchanged: rows, refused: 0, errors: [] });
    expect(await scene.dump()).toEqual(before);
  });

  it('makes an unknown org, and keeps orgs apart', async () => {
    await scene.import('circuit-hours', HOURS, { orgExternalId: 'one' });
    await scene.import('circuit-hours', HOURS, { orgExternalId: 'two' });
    expect(
      await query(
        'select o.external_id as org, count(*) from circuit_hour h join org o on o.id = h.org_id group by 1 order by 1',
      ),
    ).toEqual([
      { org: 'one', count: 4 },
      { org: 'two', count: 4 },
    ]);
  });

  it('lists bad lines and stores their neighbours', async () => {
    const text = [
      ...HOURS,
      'yesterday,s1,m1,p1,1,1,60,0,',
      '2026-03-02T14:00:00Z,,m1,p1,1,1,60,0,',
      '2026-03-02T15:00:00Z,s1,m1,p1,1,1,60,0,',
    ];
    expect(await scene.import('circuit-hours', text)).toMatchObject({
      rows: 6,
      stored: 4,
      unchanged: 0,
      errors: [
        { line: 5, column: 'hour', reason: expect.stringMatching(/RFC 3339/) as string },
        { line: 6, column: 'site_id', reason: 'is empty' },
      ],
    });
  });

  it('stores nothing, not even the org, when a required column is missing or the kind is unknown', async () => {
    await expect(scene.import('circuit-hours', ['hour,site_id,mac', '2026-03-02T10:00:00Z,s1,m1'])).rejects.toMatchObject({
      code: 'IMPORT_COLUMN_MISSING',
    });
    await expect(scene.import('facts' as ImportKind, HOURS)).rejects.toMatchObject({ code: 'IMPORT_KIND_UNKNOWN' });
    expect(await query('select 1 from org')).toEqual([]);
  });

  it('reads files, by their ending or the format given, and says why it cannot', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'import-'));
    const request = { database: scene.database, kind: 'port-events' as const, orgExternalId: 'org-1', now: NOW };
    try {
      const row = { timestamp: '2026-03-03T10:40:00Z', site_id: 's1', mac: 'm1', port_id: 'p1', state: 'down', note: null };
      await writeFile(join(folder, 'e.ndjson'), `${JSON.stringify(row)}\n{"timestamp":`);
      await writeFile(join(folder, 'e.csv'), `\uFEFF${EVENTS.join('\r\n')}\r\n`);
      await writeFile(join(folder, 'e.txt'), EVENTS.join('\n'));
      expect(await importFile({ ...request, file: join(folder, 'e.ndjson') })).toMatchObject({
        rows: 2,
        stored: 1,
        errors: [{ line: 2 }],
      });
      expect(await importFile({ ...request, file: join(folder, 'e.csv') })).toMatchObject({ rows: 2, stored: 1, unchanged: 1 });
      await expect(importFile({ ...request, file: join(folder, 'e.txt') })).rejects.toMatchObject({
        code: 'IMPORT_FORMAT_UNKNOWN',
      });
      expect(await importFile({ ...request, file: join(folder, 'e.txt'), format: 'csv' })).toMatchObject({ unchanged: 2 });
      await expect(importFile({ ...request, file: join(folder, 'none.csv') })).rejects.toMatchObject({
        code: 'IMPORT_FILE_UNREADABLE',
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('leaves a polled circuit at its site, and tells nothing of it being live', async () => {
    await scene.import('circuits', CIRCUITS);
    await query("update circuit set is_live = true where port_id = 'p1'");
    await scene.import('circuit-hours', [
      HOURS[0] ?? '',
      '2026-03-02T10:00:00Z,elsewhere,m1,p1,1,1,60,0,',
      '2026-03-02T10:00:00Z,elsewhere,m1,p2,1,1,60,0,',
    ]);
    expect(
      await query('select c.port_id, c.is_live, s.external_id as site from circuit c join site s on s.id = c.site_id order by 1'),
    ).toEqual([
      { port_id: 'p1', is_live: true, site: 's1' },
      { port_id: 'p2', is_live: false, site: 'elsewhere' },
    ]);
  });

  it('may run twice at the same time', async () => {
    const rows = Array.from(
      { length: 5000 },
      (_, i) =>
        `${new Date(Date.UTC(2026, 2, 2, Math.floor(i / 100))).toISOString()},s${String(i % 7)},m${String(i % 100)},p,${String(i)}`,
    );
    const file = ['hour,site_id,mac,port_id,rx_bytes', ...rows];
    const results = await Promise.all([
      scene.import('circuit-hours', file),
      scene.import('circuit-hours', [file[0] ?? '', ...rows.reverse()]),
    ]);
    expect(results.map(({ refused }) => refused)).toEqual([0, 0]);
    expect(await query('select count(*) from circuit_hour')).toEqual([{ count: 5000 }]);
  });

  it('ends the same whichever file comes first', async () => {
    for (const [kind, text] of FILES) await scene.import(kind, text);
    const straight = await factsNow();
    await scene.close();
    scene = await ImportScene.open();
    for (const [kind, text] of [...FILES].reverse()) await scene.import(kind, text);
    expect(await factsNow()).toEqual(straight);
  });

  const factsNow = async (): Promise<unknown> => [
    await scene.hours(
      'h.source, h.utilization_pct, h.bandwidth_source, h.covered_ms, h.up_ms, h.down_ms, h.flaps, h.latency_avg',
    ),
    await query(
      'select c.mac, s.from_at, s.to_at, s.state from circuit_state s join circuit c on c.org_id = s.org_id and c.id = s.circuit_id order by 1, 2',
    ),
    await query(
      'select mac, port_id, is_live, first_observed_at, last_observed_at, last_imported_at, facts_until, state from circuit order by 1, 2',
    ),
    await query('select external_id, name, timezone, country_code from site order by 1'),
  ];
});

describe('circuit-hours', () => {
  it('get the bandwidth of their time, whenever it is loaded', async () => {
    await scene.import('circuit-hours', HOURS);
    expect(await scene.hours('h.utilization_pct as pct')).toMatchObject([
      { pct: null },
      { pct: null },
      { pct: null },
      { pct: null },
    ]);
    await scene.import('circuits', CIRCUITS);
    expect(await scene.hours('h.utilization_pct as pct, h.bandwidth_down_mbps as down, h.bandwidth_up_mbps as up')).toMatchObject(
      [
        { hour: '03-02 10', pct: 20, down: 100, up: 100 },
        { hour: '03-02 11', pct: 10, down: 200, up: 50 },
        { hour: '03-02 12', pct: null },
        { hour: '03-02 13', pct: null },
      ],
    );
  });

  it('fill the hours between them as unknown', async () => {
    await scene.import('circuit-hours', HOURS);
    expect(await scene.hours('h.source, h.up_ms::int as up, h.down_ms::int as down, h.flaps')).toMatchObject([
      { hour: '03-02 10', source: 'imported', up: 3_600_000, down: 0, flaps: 0 },
      { hour: '03-02 11', source: 'imported', up: 2_700_000, down: 900_000, flaps: 2 },
      { hour: '03-02 12', source: 'samples', up: 0, down: 0 },
      { hour: '03-02 13', source: 'imported', up: 0, down: 0, flaps: null },
    ]);
  });

  it('fill what lies between two files, whichever comes first', async () => {
    const [header = '', , , last = ''] = HOURS;
    const other = '2026-03-02T11:00:00Z,s1,m0,p1,1,1,60,0,20';
    for (const [first, second] of [
      [HOURS[1] ?? '', last],
      [last.replace('m1', 'm2'), (HOURS[1] ?? '').replace('m1', 'm2')],
    ] as const) {
      await scene.import('circuit-hours', [header, first, other]);
      await scene.import('circuit-hours', [header, second]);
    }
    const filled = (await scene.hours('h.source')).filter(({ source }) => source === 'samples');
    const gap = [{ hour: '03-02 11' }, { hour: '03-02 12' }];
    expect(filled).toMatchObject([
      ...gap.map((each) => ({ mac: 'm1', ...each })),
      ...gap.map((each) => ({ mac: 'm2', ...each })),
    ]);
  });

  it('are replaced by a later import; of two lines the last counts', async () => {
    await scene.import('circuit-hours', HOURS);
    const header = HOURS[0] ?? '';
    const again = [header, '2026-03-02T10:00:00Z,s1,m1,p1,1,1,60,0,', '2026-03-02T10:00:00Z,s1,m1,p1,2,1,60,0,'];
    expect(await scene.import('circuit-hours', again)).toMatchObject({ rows: 2, stored: 1, unchanged: 1 });
    expect((await scene.hours('h.rx_bytes::float8 as rx'))[0]).toMatchObject({ rx: 2 });
    expect(await scene.import('circuit-hours', again)).toMatchObject({ stored: 0, unchanged: 2 });
  });

  it('yield to samples only when those cover more of the hour', async () => {
    const head = 'hour,site_id,mac,port_id,rx_bytes,covered_s';
    const whole = [head, '2026-03-03T10:00:00Z,s1,m1,p1,7,3600'];
    const half = [head, '2026-03-03T10:00:00Z,s1,m1,p1,7,1800'];
    const rx = async (): Promise<unknown> =>
      (await scene.hours('h.source, h.rx_bytes::float8 as rx')).find(({ hour }) => hour === '03-03 10');
    await scene.import('circuit-hours', half);
    await scene.import('port-samples', SAMPLES);
    expect(await rx()).toMatchObject({ source: 'samples', rx: 9e9 });
    expect(await scene.import('circuit-hours', half)).toMatchObject({ stored: 0 });
    await scene.import('circuit-hours', whole);
    await scene.import('port-samples', [...SAMPLES, '2026-03-03T10:15:00Z,s1,m1,p1,true,1,1,10']);
    expect(await rx()).toMatchObject({ source: 'imported', rx: 7 });
  });
});

describe('sites and circuits', () => {
  it('become dated attributes; an empty cell leaves what was said', async () => {
    await scene.import('sites', SITES);
    await scene.import('circuits', CIRCUITS);
    expect(
      await query(
        'select s.external_id as site, a.since::text, a.region, a.store_type from site_attribute a join site s on s.id = a.site_id order by 1, a.since',
      ),
    ).toEqual([
      { site: 's1', since: '-infinity', region: 'North', store_type: 'flagship' },
      { site: 's1', since: expect.stringContaining('2026-02-01') as string, region: 'South', store_type: null },
    ]);
    expect(
      await query(
        'select name, role, provider, type, bandwidth_down_mbps as down, bandwidth_up_mbps as up from circuit_attribute order by circuit_id, since',
      ),
    ).toEqual([
      { name: 'Fibre', role: 'primary', provider: 'Acme Net', type: 'fibre', down: 100, up: 100 },
      { name: null, role: null, provider: null, type: null, down: 200, up: 50 },
      { name: 'Radio', role: 'backup', provider: null, type: 'lte', down: null, up: null },
    ]);
    expect(await query('select external_id, name, timezone, country_code from site order by 1')).toEqual([
      { external_id: 's1', name: 'Alpha', timezone: 'Europe/Berlin', country_code: 'DE' },
      { external_id: 's2', name: 'Beta', timezone: 'UTC', country_code: 'FR' },
    ]);
  });

  it('tell what is wrong with a zone, a role, a bandwidth', async () => {
    expect((await scene.import('sites', ['site_id,timezone', 's1,Mars/Olympus'])).errors).toMatchObject([
      { line: 2, column: 'timezone' },
    ]);
    const { errors } = await scene.import('circuits', [
      'site_id,mac,port_id,role,bandwidth_down_mbps',
      's,m,p,boss,',
      's,m,p,,-1',
    ]);
    expect(errors).toMatchObject([
      { line: 2, column: 'role' },
      { line: 3, column: 'bandwidth_down_mbps' },
    ]);
  });
});

describe('sle', () => {
  it('is judged like live scores; names of metrics may be spelt otherwise', async () => {
    const { errors } = await scene.import('sle', [
      ...SLE,
      '2026-03-02T11:00:00Z,s1,coverage,1.2,3,20',
      '2026-03-02T11:00:00Z,s1,wifi-joy,1,3,20',
    ]);
    expect(errors).toMatchObject([
      { line: 4, column: 'score' },
      { line: 5, column: 'metric', reason: expect.stringContaining('known are time-to-connect') as string },
    ]);
    expect(await query('select metric, score, severity from insight order by metric')).toEqual([
      { metric: 'coverage', score: 0.654, severity: 'critical' },
      { metric: 'throughput', score: null, severity: 'unknown' },
    ]);
  });
});
