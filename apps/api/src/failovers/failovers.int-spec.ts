import { NOW, startApi, type ApiFixture } from '../api.fixture.js';
import { seedOrg } from '@app/testing';

const HOUR_MS = 3_600_000;
const MAC = '020000000101';
const hours = (utilizationPct: number, avg: number) => [
  { rxBytes: 1_000, utilizationPct, latency: { count: 12, avg, max: avg + 5, p95: avg } },
];

interface Page {
  readonly items: readonly Record<string, unknown>[];
  readonly next_cursor: string | null;
}

describe('failovers', () => {
  let fixture: ApiFixture;
  let key: string;
  let orgId: number;
  const circuits = new Map<string, number>();

  beforeAll(async () => {
    fixture = await startApi();
    const circuit = (portId: string, utilizationPct: number, latency: number) =>
      ({ mac: MAC, portId, name: `line ${portId}`, state: 'up', hours: hours(utilizationPct, latency) }) as const;
    const site = (id: string, region: string, first: string, second: string) => ({
      id,
      name: `Store ${id}`,
      region,
      circuits: [circuit(first, 30, 10), circuit(second, 60, 45)],
    });
    ({ orgId } = await seedOrg(fixture.db, {
      orgId: 'org-alder',
      name: 'Alder',
      now: NOW,
      sites: [site('site-1', 'North', 'ge-0/0/0', 'ge-0/0/1'), site('site-2', 'South', 'ge-1/0/0', 'ge-1/0/1')],
    }));
    await fixture.db.query(`update org set reporting_timezone = 'Europe/Berlin' where id = $1`, [orgId]);
    await fixture.db.query(
      `update circuit_attribute a set role = 'secondary' from circuit c where c.id = a.circuit_id and c.port_id like '%/1' and a.org_id = $1`,
      [orgId],
    );
    for (const row of await fixture.db.query<{ id: number; port_id: string }>(
      'select id, port_id from circuit where org_id = $1',
      [orgId],
    ))
      circuits.set(row.port_id, row.id);
    key = await fixture.key('viewer', 'org-alder');
    // Around the night in which Berlin's clocks change, and one that goes on.
    await add('ge-0/0', '2026-02-27T22:30:00Z', '2026-02-27T23:30:00Z');
    await add('ge-0/0', '2026-02-27T23:00:00Z', '2026-02-27T23:10:00Z', 'ge-1/0');
    await add('ge-0/0', '2026-02-28T12:00:00Z', '2026-02-28T13:00:00Z');
    await add('ge-0/0', new Date(NOW - HOUR_MS).toISOString(), null);
  });
  afterAll(() => fixture.close());

  const add = (ports: string, from: string, to: string | null, at = ports) =>
    fixture.db.query(
      `insert into failover (org_id, site_id, primary_id, backup_id, started_at, decided_at, ended_at, trigger, why, ended_by, latency_count, latency_avg, latency_max)
       select org_id, site_id, $2, $3, $4, $4, $5, 'poll', 'inactive', case when $5::timestamptz is null then null else 'carries' end, 3, 40, 50
       from circuit where org_id = $1 and id = $2`,
      [orgId, circuits.get(`${at}/0`), circuits.get(`${at}/1`), from, to],
    );
  const get = async <T = Page>(path: string, status = 200): Promise<T> => {
    const answer = await fixture.call(key, 'GET', `/v1/orgs/org-alder${path}`);
    expect([path, answer.status]).toEqual([path, status]);
    return JSON.parse(answer.body) as T;
  };
  const starts = async (path: string): Promise<unknown[]> => (await get(path)).items.map((item) => item['start']);

  it('are listed newest first, whole even where they begin before the period', async () => {
    const { items } = await get('/failovers');
    expect(items.map((item) => [item['start'], item['end'], item['duration_s'], item['open']])).toEqual([
      ['2026-03-01T11:10:00Z', null, 3600, true],
      ['2026-02-28T12:00:00Z', '2026-02-28T13:00:00Z', 3600, false],
      ['2026-02-27T23:00:00Z', '2026-02-27T23:10:00Z', 600, false],
      ['2026-02-27T22:30:00Z', '2026-02-27T23:30:00Z', 3600, false],
    ]);
    expect(items[1]).toMatchObject({
      site_id: 'site-1',
      region: 'North',
      primary: { id: `${MAC}:ge-0/0/0`, name: 'line ge-0/0/0' },
      backup: { id: `${MAC}:ge-0/0/1`, name: 'line ge-0/0/1' },
      trigger: 'poll',
      why: 'inactive',
      latency_ms: { avg: 40, max: 50, count: 3 },
    });
    expect(await starts('/failovers?from=2026-02-28T12:30:00Z&to=2026-02-28T12:31:00Z')).toEqual(['2026-02-28T12:00:00Z']);
  });

  it('are filtered by site, region, circuit and whether they go on', async () => {
    expect(await starts('/failovers?region=South')).toEqual(['2026-02-27T23:00:00Z']);
    expect(await starts('/failovers?site=site-2')).toEqual(['2026-02-27T23:00:00Z']);
    expect(await starts('/sites/site-2/failovers')).toEqual(['2026-02-27T23:00:00Z']);
    expect(await starts(`/failovers?circuit=${MAC}:ge-1/0/1`)).toEqual(['2026-02-27T23:00:00Z']);
    expect(await starts(`/circuits/${MAC}:ge-1/0/1/failovers`)).toEqual(['2026-02-27T23:00:00Z']);
    expect(await starts('/failovers?open=true')).toEqual(['2026-03-01T11:10:00Z']);
    expect(await starts('/failovers?open=false&site=site-1')).toHaveLength(2);
    await get('/sites/none/failovers', 404);
    await get('/circuits/none/failovers', 404);
    await get('/failovers?circuit=none', 404);
    await get('/failovers?open=perhaps', 400);
  });

  it('are read page by page', async () => {
    const seen: unknown[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Page = await get(`/failovers?limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...page.items.map((item) => item['start']));
      cursor = page.next_cursor;
    }
    expect(seen).toEqual(await starts('/failovers'));
  });

  it('are counted by the days, weeks and months of the reporting time zone', async () => {
    const counted = async (query: string): Promise<string[]> =>
      (await get(`/failovers/counts?${query}`)).items.map(({ key: bucket, id, failovers, duration_s }) =>
        [bucket, id, failovers, duration_s].map(String).join(' '),
      );
    // 23:00 UTC is midnight in Berlin.
    expect(await counted('grain=day')).toEqual([
      '2026-02-27 org-alder 1 3600',
      '2026-02-28 org-alder 2 4200',
      '2026-03-01 org-alder 1 3600',
    ]);
    expect(await counted('grain=week')).toEqual(['2026-W09 org-alder 4 11400']);
    expect(await counted('grain=month&by=site')).toEqual([
      '2026-02 site-1 2 7200',
      '2026-02 site-2 1 600',
      '2026-03 site-1 1 3600',
    ]);
    expect(await counted('grain=month&by=region&region=South')).toEqual(['2026-02 South 1 600']);
    expect(await counted(`grain=month&by=circuit&site=site-2`)).toEqual([`2026-02 ${MAC}:ge-1/0/0 1 600`]);
    const first = await get('/failovers/counts?by=site&grain=month&limit=1');
    const second = await get(`/failovers/counts?by=site&grain=month&limit=1&cursor=${String(first.next_cursor)}`);
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(['site-1', 'site-2']);
  });

  it('show in the current state: the site has the figures of its backup, the primary keeps its own', async () => {
    const since = '2026-03-01T11:10:00Z';
    expect(await get('/sites/site-1')).toMatchObject({
      parts: { wan: 'UNHEALTHY' },
      wan_reason: 'failed over',
      failed_over_since: since,
      carried_by: `${MAC}:ge-0/0/1`,
      utilization_pct: 60,
    });
    expect(await get('/sites/site-2')).toMatchObject({
      failed_over_since: null,
      carried_by: `${MAC}:ge-1/0/0`,
      utilization_pct: 30,
    });
    expect(await get(`/circuits/${MAC}:ge-0/0/0`)).toMatchObject({
      failed_over_since: since,
      failed_over_to: `${MAC}:ge-0/0/1`,
      utilization_pct: 30,
    });
    expect(await get(`/circuits/${MAC}:ge-0/0/1`)).toMatchObject({ failed_over_since: null, failed_over_to: null });
  });

  it('make primary and backup worth comparing', async () => {
    const found = await get<{ primary: unknown; others: unknown[] }>(
      '/sites/site-1/comparison?from=2026-03-01T11:00:00Z&to=2026-03-01T12:00:00Z',
    );
    expect(found.primary).toMatchObject({
      role: 'primary',
      figures: { utilization_pct: { avg: 30 }, latency_ms: { avg: 10 }, facts: 1 },
    });
    expect(found.others).toMatchObject([
      {
        role: 'secondary',
        figures: { utilization_pct: { avg: 60 } },
        notes: [
          { metric: 'utilization', difference: 30 },
          { metric: 'latency', difference: 35 },
        ],
      },
    ]);
    expect(await get('/sites/site-1/comparison?from=2026-02-01T00:00:00Z&to=2026-02-02T00:00:00Z')).toMatchObject({
      primary: { figures: { facts: 0, utilization_pct: { avg: null } } },
      others: [{ notes: [] }],
    });
    await get('/sites/site-1/comparison?from=2026-03-01T11:10:00Z&to=2026-03-01T11:20:00Z', 400);
    await get('/sites/none/comparison', 404);
  });
});
