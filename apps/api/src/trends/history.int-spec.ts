import { ensurePartitions } from '@app/shared';
import { NOW, seedTagged, startApi, taggedSite, type ApiFixture } from '../api.fixture.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const END = Math.floor(NOW / HOUR) * HOUR;
const MIDNIGHT = Math.floor(NOW / DAY) * DAY;
const iso = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

let fixture: ApiFixture;
let viewer: string;
let orgId: number;

const get = async (path: string, status = 200): Promise<never> => {
  const answer = await fixture.call(viewer, 'GET', `/v1/orgs/org-alder${path}`);
  if (answer.status !== status) throw new Error(`${path}: ${String(answer.status)} ${answer.body}`);
  return JSON.parse(answer.body) as never;
};

/** Hours of a service level, oldest first, the last of them ending at `END`; and their days. */
async function seedSle(site: string, metric: string, scores: readonly (number | null)[], clients = 10): Promise<void> {
  const hours = scores.map((_, index) => new Date(END - (scores.length - index) * HOUR));
  const instants = hours.map((hour) => hour.getTime());
  for (const table of ['site_sle_hour', 'site_sle_day'] as const) await ensurePartitions(fixture.db, table, instants);
  await fixture.db.query(
    `insert into site_sle_hour (org_id, site_id, metric, hour, reading_score, reading_at, num_aps, num_clients)
     select $1, s.id, $3, u.hour, u.score, u.hour, 4, $6 from unnest($4::timestamptz[], $5::float8[]) as u (hour, score), site s
     where s.org_id = $1 and s.external_id = $2 and u.score is not null`,
    [orgId, site, metric, hours, scores, clients],
  );
  await fixture.db.query(
    `insert into site_sle_day (org_id, site_id, metric, start, hours, weighed_hours, weight, weighed_sum, plain_sum)
     select $1, h.site_id, $3, date_trunc('day', h.hour, 'UTC'), count(*), count(*), sum($4 * 60), sum(h.score * $4 * 60), 0
     from site_sle_hour h join site s on s.org_id = h.org_id and s.id = h.site_id where h.org_id = $1 and s.external_id = $2 and h.metric = $3 group by 2, 4`,
    [orgId, site, metric, clients],
  );
}

beforeAll(async () => {
  fixture = await startApi();
  const busy = Array.from({ length: 48 }, (_, index) => ({
    rxBytes: 1e9,
    utilizationPct: index < 24 ? 40 : 60,
    downMinutes: index === 40 ? 30 : 0,
    upMinutes: index === 40 ? 30 : 60,
    latency: { count: 10, avg: 20, max: 30, p95: 28 },
  }));
  const calm = busy.map((hour) => ({ ...hour, utilizationPct: 20, downMinutes: 0, upMinutes: 60 }));
  const circuit = { mac: 'mac-alder', name: 'Circuit', state: 'up' as const };
  const sites = [
    {
      ...taggedSite('alder'),
      circuits: [
        { ...circuit, portId: 'ge-0/0/0', hours: busy },
        { ...circuit, portId: 'ge-0/0/1', hours: calm },
      ],
    },
    { ...taggedSite('birch'), region: 'South', circuits: [{ ...circuit, mac: 'mac-b', portId: 'wan', hours: calm }] },
  ];
  ({ orgId } = await seedTagged(fixture.db, 'alder', sites));
  viewer = await fixture.key('viewer', 'org-alder');
  await seedSle('site-alder', 'coverage', [...Array<number>(24).fill(0.9), ...Array<number>(24).fill(0.8)]);
  await seedSle(
    'site-alder',
    'ap-health',
    Array.from({ length: 48 }, (_, index) => (index % 2 === 0 ? 1 : null)),
  );
  await seedSle('site-birch', 'coverage', Array<number>(48).fill(0.95));
}, 60_000);
afterAll(() => fixture.close());

describe('the history of a service level', () => {
  it('gives hours with gaps as nulls', async () => {
    const path = '/sites/site-alder/sle/ap-health/series?grain=hour';
    const { points }: { points: { score: number | null; start: string }[] } = await get(path);
    expect(points).toHaveLength(24);
    expect(points.slice(0, 2)).toMatchObject([
      { start: iso(END - DAY), score: 1, num_aps: 4 },
      { score: null, hours: 0, user_minutes: null },
    ]);
  });

  it('gives days, and weeks made of them', async () => {
    const period = `from=${iso(MIDNIGHT - 3 * DAY)}&to=${iso(MIDNIGHT + DAY)}`;
    const { points }: { points: object[] } = await get(`/sites/site-alder/sle/coverage/series?grain=day&${period}`);
    expect(points).toHaveLength(4);
    // The 12 hours of the day before yesterday are good, of yesterday 12 good and 12 bad, of today 12 bad.
    expect(points).toMatchObject([
      { score: null, hours: 0 },
      { score: 0.9, hours: 12, user_minutes: 7200 },
      { score: expect.closeTo(0.85, 9) as number, hours: 24 },
      { score: expect.closeTo(0.8, 9) as number, hours: 12 },
    ]);
    expect(await get(`/sites/site-alder/sle/coverage/series?grain=month&${period}`)).toMatchObject({
      points: [{ hours: 36 }, { hours: 12 }],
    });
  });

  it('refuses what is too long, unknown metrics and sites', async () => {
    const long = `from=${iso(END - 751 * HOUR)}&to=${iso(END)}`;
    expect(await get(`/sites/site-alder/sle/coverage/series?grain=hour&${long}`, 400)).toMatchObject({
      type: '/problems/too-many-points',
    });
    await get('/sites/site-alder/sle/nonsense/series', 404);
    await get('/sites/none/sle/coverage/series', 404);
  });

  it('ranks the worst sites of a period, of edges in hours and whole days between', async () => {
    const period = `from=${iso(END - 36 * HOUR)}&to=${iso(END)}`;
    const { items }: { items: object[] } = await get(`/sle/worst-sites?metric=coverage&${period}`);
    expect(items).toEqual([
      {
        rank: 1,
        site_id: 'site-alder',
        site_name: 'Site alder',
        score: expect.closeTo((12 * 0.9 + 24 * 0.8) / 36, 9) as number,
        hours: 36,
        user_minutes: 21_600,
      },
      {
        rank: 2,
        site_id: 'site-birch',
        site_name: 'Site birch',
        score: expect.closeTo(0.95, 9) as number,
        hours: 36,
        user_minutes: 21_600,
      },
    ]);
    expect(await get('/sle/worst-sites?metric=roaming')).toMatchObject({ items: [] });
    // Whole days alone.
    expect(await get(`/sle/worst-sites?limit=1&metric=coverage&from=${iso(MIDNIGHT - DAY)}&to=${iso(MIDNIGHT)}`)).toMatchObject({
      items: [{ score: expect.closeTo(0.85, 9) as number, hours: 24 }],
    });
  });
});

describe('the health of a site over time', () => {
  it('gives scores by day, and today against yesterday', async () => {
    await ensurePartitions(fixture.db, 'health_hour', [NOW]);
    await ensurePartitions(fixture.db, 'health_day', [NOW]);
    await fixture.db.query(
      `insert into health_hour select $1, id, $2::timestamptz, 60 from site where org_id = $1 and external_id = 'site-alder'`,
      [orgId, new Date(END - HOUR)],
    );
    await fixture.db.query(
      `insert into health_day select $1, id, $2::timestamptz, 80, 24 from site where org_id = $1 and external_id = 'site-alder'`,
      [orgId, new Date(MIDNIGHT - DAY)],
    );
    expect(await get(`/sites/site-alder/health/history?grain=day&from=${iso(MIDNIGHT - DAY)}`)).toMatchObject({
      points: [{ score: 80, hours: 24 }, { score: null }],
      change: { running_24h: 60, previous_day: 80, lost_points: 20, is_drop: true },
    });
    expect(await get('/sites/site-birch/health/history')).toMatchObject({ change: { running_24h: null, is_drop: false } });
  });
});

interface Item {
  readonly id: string;
  readonly metric: string;
  readonly direction: string;
}
const told = ({ items }: { items: readonly Item[] }): string[] =>
  items.map(({ id, metric, direction }) => `${id} ${metric} ${direction}`);

describe('trends', () => {
  it('of circuits: the worst first, page by page', async () => {
    expect(told(await get('/trends?metric=utilization'))).toEqual([
      'mac-alder:ge-0/0/0 utilization worsening',
      'mac-alder:ge-0/0/1 utilization stable',
      'mac-b:wan utilization stable',
    ]);
    const all = told(await get('/trends'));
    let cursor: string | null = null;
    const paged: string[] = [];
    do {
      const page: { items: Item[]; next_cursor: string | null } = await get(
        `/trends?limit=3${cursor === null ? '' : `&cursor=${cursor}`}`,
      );
      paged.push(...told(page));
      cursor = page.next_cursor;
    } while (cursor !== null);
    expect(paged).toEqual(all);
    expect(all.slice(0, 3)).toEqual([
      'mac-alder:ge-0/0/0 utilization worsening',
      'mac-alder:ge-0/0/0 utilization_max worsening',
      'mac-alder:ge-0/0/0 utilization_p95 worsening',
    ]);
  });

  it('of a circuit: figures, change, arrow and word', async () => {
    const { items, window }: { items: { metric: string }[]; window: object } = await get('/circuits/mac-alder:ge-0/0/0/trends');
    expect(window).toEqual({ from: iso(END - DAY), to: iso(END) });
    expect(items.find(({ metric }) => metric === 'utilization')).toMatchObject({
      before: 40,
      now: 60,
      change_pct: 50,
      arrow: '↑',
      word: 'worse',
      unit: '%',
    });
    expect(items.find(({ metric }) => metric === 'availability')).toMatchObject({
      before: 100,
      now: expect.closeTo((1410 / 1440) * 100, 9) as number,
      direction: 'worsening',
      arrow: '↓',
    });
    expect(items.find(({ metric }) => metric === 'latency')).toMatchObject({ before: 20, now: 20, direction: 'stable' });
    await get('/circuits/none:wan/trends', 404);
  });

  it('of sites, regions by the time, the organization and service levels', async () => {
    expect(told(await get('/trends?level=site&metric=utilization'))).toEqual([
      'site-alder utilization worsening',
      'site-birch utilization stable',
    ]);
    expect(told(await get('/trends?level=org&metric=utilization_max'))).toEqual(['org-alder utilization_max worsening']);
    expect(told(await get('/trends?level=sle&metric=coverage&direction=worsening'))).toEqual(['site-alder coverage worsening']);
    expect(await get('/trends?level=region&metric=utilization&region=South')).toMatchObject({
      items: [{ id: 'South', before: 20, now: 20 }],
    });
    await fixture.db.query(
      `insert into site_attribute (org_id, site_id, source, since, region) select $1, id, 'configured', $2, 'West' from site where org_id = $1 and external_id = 'site-birch'`,
      [orgId, new Date(END - DAY)],
    );
    expect(told(await get('/trends?level=region&metric=utilization'))).toEqual([
      'Region alder utilization worsening',
      'West utilization no_baseline',
      'South utilization no_data',
    ]);
    expect(told(await get('/sites/site-alder/trends')).filter((text) => text.includes('coverage'))).toEqual([
      'site-alder coverage worsening',
    ]);
  });

  it('of a calendar day, and of a week before', async () => {
    const day = iso(MIDNIGHT - DAY).slice(0, 10);
    expect(await get(`/trends?level=org&metric=utilization&day=${day}`)).toMatchObject({
      window: { from: iso(MIDNIGHT - DAY), to: iso(MIDNIGHT) },
      before: { from: iso(MIDNIGHT - 2 * DAY), to: iso(MIDNIGHT - DAY) },
    });
    expect(told(await get('/trends?level=org&metric=utilization&against=week'))).toEqual(['org-alder utilization no_baseline']);
    expect(await get('/trends?level=org&metric=flaps&window=3h&end=2026-03-01T10:30:00Z')).toMatchObject({
      window: { from: '2026-03-01T07:00:00Z', to: '2026-03-01T10:00:00Z' },
    });
  });

  it.each([
    'day=2026-02-30',
    `day=2026-02-01&end=2026-02-01T00:00:00Z`,
    'level=sle&metric=loss',
    'level=circuit&metric=coverage',
    'level=org&site=site-alder',
    'level=site&region=South',
    'window=169h',
    'window=0h',
    'cursor=WzEsMiwzLDRd',
  ])('refuse %s', async (query) => {
    expect(await get(`/trends?${query}`, 400)).toMatchObject({ type: '/problems/invalid-request' });
  });

  it('of a site that is not there are none', async () => {
    expect(await get('/trends?site=none')).toMatchObject({ items: [] });
    await get('/sites/none/trends', 404);
  });
});

describe('the trend section of the summary report', () => {
  it('compares the organization and shows seven days of each degraded site', async () => {
    const { body } = await fixture.call(viewer, 'GET', '/v1/orgs/org-alder/reports/summary');
    const lines = body.split('\n');
    const of = (text: string): string[] => lines.filter((line) => line.includes(text));
    expect(of('24 hours to ')[0]).toContain('24 hours to 2026-03-01T12:00:00Z');
    expect(of('Utilization  ')[0]).toMatch(/26\.7 % {2}-> {4}33\.3 % {2}↑ +\+25\.0% {2}worse/);
    expect(lines).toContain('                    02-23 02-24 02-25 02-26 02-27 02-28 03-01');
    expect(lines).toContain(' Coverage               -     -     -     -  90.0  85.0  80.0 ↓ worse');
    expect(lines).toContain(' Availability           -     -     -     - 100.0 100.0 97.92 ↓ worse');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(70);
  });
});
