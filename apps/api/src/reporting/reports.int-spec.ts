import { ensurePartitions } from '@app/shared';
import readWorkbook from 'read-excel-file/node';
import { extractText } from 'unpdf';
import { NOW, seedTagged, startApi, taggedSite, type ApiFixture } from '../api.fixture.js';

const ORG = '/v1/orgs/org-alder/reports';
const HOSTILE = `<img src=x onerror=alert(1)>`;
const HOUR_MS = 3_600_000;
const DAY = Date.UTC(2026, 1, 25);
const KINDS = ['summary', 'executive', 'engineering', 'carrier', 'sle'] as const;
const PERIOD = 'from=2026-02-25T00:00:00Z&to=2026-02-26T00:00:00Z';
const YAML = 'reports: { contracts: { Example Telecom: { availabilityPct: 99, latencyMs: 25 } } }';

/** One day of one circuit: 20 hours up and 4 down, of which an hour of each lies in maintenance; and of the days before a score. */
async function seedDay(
  { db }: ApiFixture,
  orgId: number,
  { region, provider }: { region: string; provider: string },
): Promise<void> {
  await ensurePartitions(db, 'circuit_day', [DAY]);
  await ensurePartitions(db, 'circuit_hour', [DAY]);
  await ensurePartitions(db, 'site_sle_day', [DAY]);
  await db.query(
    `insert into circuit_day (org_id, circuit_id, start, stretch_from, stretch_to, site_id, region, provider, facts, covered_ms, util_hours, util_weight_ms, util_sum,
       util_max, up_ms, down_ms, flaps, latency_count, latency_sum, latency_max, latency_p95, latency_sketched, jitter_count, jitter_sum, jitter_sketched,
       loss_count, loss_sum, loss_sketched, above)
     select org_id, id, $2::timestamptz, $2, $2 + interval '1 day', site_id, $4, $5, 24, $3::bigint * 24, 24, $3 * 24, 50.0 * $3 * 24, 95, $3 * 20, $3 * 4, 2,
       100, 3000, 80, 60, 0, 0, 0, 0, 0, 0, 0, '{}' from circuit where org_id = $1`,
    [orgId, new Date(DAY), HOUR_MS, region, provider],
  );
  await db.query(
    `insert into circuit_hour (org_id, circuit_id, hour, site_id, source, covered_ms, up_ms, down_ms, latency_count, jitter_count, loss_count, counter_reset)
     select c.org_id, c.id, $2::timestamptz + h * interval '1 hour', c.site_id, 'samples', 0, case when h between 8 and 11 then 0 else $3::int end,
       case when h between 8 and 11 then $3::int else 0 end, 0, 0, 0, false from circuit c, generate_series(0, 23) h where c.org_id = $1`,
    [orgId, new Date(DAY), HOUR_MS],
  );
  await db.query('delete from circuit_state where org_id = $1', [orgId]);
  for (const [from, to, state] of [
    [-1, 8, 'up'],
    [8, 12, 'down'],
    [12, 24, 'up'],
  ] as const)
    await db.query(
      `insert into circuit_state (org_id, circuit_id, from_at, to_at, state) select org_id, id, $2, $3, $4 from circuit where org_id = $1`,
      [orgId, new Date(DAY + from * HOUR_MS), new Date(DAY + to * HOUR_MS), state],
    );
  await db.query(
    `insert into maintenance (org_id, name, owner, scope, from_at, to_at, created_at, created_by, updated_at) values ($1, 'work', 'net', 'org', $2, $3, $2, 'test', $2)`,
    [orgId, new Date(DAY + 7 * HOUR_MS), new Date(DAY + 9 * HOUR_MS)],
  );
  await db.query(
    `insert into site_sle_day (org_id, site_id, metric, start, hours, weighed_hours, weight, weighed_sum, plain_sum)
     select org_id, id, 'coverage', $2, 24, 24, 1000, 750, 0 from site where org_id = $1`,
    [orgId, new Date(DAY)],
  );
}

/** What a program reads in a file. */
async function textOf(format: string, bytes: Buffer): Promise<string> {
  if (format === 'pdf') return (await extractText(new Uint8Array(bytes), { mergePages: true })).text;
  return format === 'xlsx' ? JSON.stringify(await readWorkbook(bytes)) : String(bytes);
}

describe('reports', () => {
  let fixture: ApiFixture;
  let key: string;

  beforeAll(async () => {
    fixture = await startApi({ yaml: YAML });
    const { orgId } = await seedTagged(fixture.db, 'alder', [{ ...taggedSite('alder'), name: HOSTILE }]);
    const birch = await seedTagged(fixture.db, 'birch');
    await seedDay(fixture, orgId, { region: 'Region alder', provider: 'Example Telecom' });
    await seedDay(fixture, birch.orgId, { region: 'Region birch', provider: 'Carrier birch' });
    key = await fixture.key('viewer', 'org-alder');
  });
  afterAll(() => fixture.close());

  const report = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    fixture.api.app.inject({ url: `${ORG}/${path}`, headers: { authorization: `Bearer ${key}`, ...headers } });
  const tables = async (path: string) => {
    const { tables: found } = JSON.parse((await report(path)).body) as { tables: Record<string, Record<string, unknown>[]> };
    return found;
  };

  it.each(KINDS)('tell %s twice the same, and nothing of another organization', async (kind) => {
    const period = kind === 'summary' ? '' : `&${PERIOD}`;
    // What drawing and packing take is spent once, below.
    for (const format of kind === 'carrier' ? ['text', 'json', 'html', 'pdf', 'csv', 'xlsx'] : ['text', 'html']) {
      const first = await report(`${kind}?format=${format}${period}`);
      expect([format, first.statusCode]).toEqual([format, 200]);
      const second = await report(`${kind}?format=${format}${period}`);
      expect(second.rawPayload.equals(first.rawPayload)).toBe(true);
      const read = await textOf(format, first.rawPayload);
      // Of both organizations there is something to tell of the period.
      expect(read).toMatch(/Region alder|Circuit alder|Org alder/);
      expect(read).not.toMatch(/birch/i);
      expect(String(first.headers['content-disposition'])).toMatch(
        new RegExp(`^inline; filename="${kind.toUpperCase()}_REPORT_\\d{8}T\\d{6}Z\\.[a-z]+"$`),
      );
      if (format === 'html') expect(first.body).not.toContain('<img');
    }
  });

  it.each(['executive', 'engineering', 'carrier', 'sle'])('have rows of %s for either organization', async (kind) => {
    const birch = await fixture.key('viewer', 'org-birch');
    for (const [tag, own] of [
      ['alder', key],
      ['birch', birch],
    ] as const) {
      const { body } = await fixture.call(own, 'GET', `/v1/orgs/org-${tag}/reports/${kind}?format=json&${PERIOD}`);
      const { tables: found } = JSON.parse(body) as { tables: Record<string, unknown[]> };
      expect(Object.values(found).filter((rows) => JSON.stringify(rows).includes(tag)).length).toBeGreaterThan(0);
    }
  });

  it('count availability, maintenance and quality as by hand', async () => {
    const { regions, providers, trends, sle_by_region: sle } = await tables(`executive?format=json&${PERIOD}`);
    const sums = {
      circuits: 1,
      availability_pct: (20 / 24) * 100,
      down_h: 4,
      known_pct: 100,
      utilization_pct: 50,
      latency_ms: 30,
    };
    // An hour up and an hour down lie in the window from 7 to 9.
    expect(regions).toEqual([expect.objectContaining({ name: 'Region alder', ...sums, net_availability_pct: (19 / 22) * 100 })]);
    expect(providers).toMatchObject([{ name: 'Example Telecom', ...sums }]);
    expect(trends).toContainEqual(expect.objectContaining({ metric: 'Coverage', now: 75, word: 'no baseline' }));
    expect(sle).toMatchObject([{ region: 'Region alder', coverage_pct: 75 }]);
    const carrier = await tables(`carrier?format=json&${PERIOD}`);
    expect(carrier['carrier_1_contract']).toMatchObject([
      { objective: 'Net availability', promised: 99, measured: (19 / 22) * 100, verdict: 'broken' },
      { objective: 'Latency', promised: 25, measured: 30, verdict: 'broken' },
      { verdict: 'none promised' },
      { verdict: 'none promised' },
    ]);
    expect(carrier['carrier_1_outages']).toMatchObject([
      { start: '2026-02-25T08:00:00Z', up_again: '2026-02-25T12:00:00Z', down_min: 240, maintenance_min: 60 },
    ]);
    expect((await tables(`sle?format=json&${PERIOD}`))['sites']).toMatchObject([
      { site_id: 'site-alder', severity: 'major', coverage_pct: 75 },
    ]);
  });

  it('are read by other programs', async () => {
    const pdf = await report(`carrier?format=pdf&${PERIOD}`);
    const { text } = await extractText(new Uint8Array(pdf.rawPayload), { mergePages: true });
    expect(text).toContain(HOSTILE);
    expect(text).toContain('Example Telecom');
    const sheets = await readWorkbook((await report(`carrier?format=xlsx&${PERIOD}`)).rawPayload);
    expect(sheets.map(({ sheet }) => sheet)).toEqual(['About', 'Carriers', 'Against the contract', 'Circuits', 'Outages']);
    expect(sheets[1]?.data[1]?.[0]).toBe('Example Telecom');
  });

  it('narrow to a region and a site', async () => {
    for (const [filter, count] of [
      ['region=Region%20alder', 1],
      ['region=nowhere', 0],
      ['site=site-alder', 1],
    ] as const)
      expect((await tables(`executive?format=json&${PERIOD}&${filter}`))['regions']).toHaveLength(count);
    expect((await tables('summary?format=json&region=nowhere'))['sites']).toHaveLength(0);
    expect((await tables('summary?format=json&site=site-alder'))['sites']).toHaveLength(1);
    expect((await report('summary?region=nowhere')).body).toContain('OVERALL HEALTH: UNKNOWN');
  });

  it('are 304 while they say the same, and new when late data changes them', async () => {
    const path = `executive?format=html&${PERIOD}`;
    const etag = String((await report(path)).headers['etag']);
    const again = await report(path, { 'if-none-match': etag });
    expect([again.statusCode, again.body]).toEqual([304, '']);
    // Compressed bytes are other bytes.
    expect((await report(path, { 'accept-encoding': 'gzip', 'if-none-match': etag })).statusCode).toBe(200);
    await fixture.db.query('update circuit_day set flaps = 9');
    const late = await report(path, { 'if-none-match': etag });
    expect(late.statusCode).toBe(200);
    expect(late.headers['etag']).not.toBe(etag);
  });

  it.each([
    ['nothing', 404],
    ['executive?format=docx', 400],
    ['executive?site=site-birch', 400],
    ['summary?site=site-birch', 400],
    ['summary?from=2026-02-25T00:00:00Z', 400],
    [`executive?to=${new Date(NOW).toISOString()}`, 400],
    ['executive?from=2026-02-26T00:00:00Z&to=2026-02-25T00:00:00Z', 400],
    ['executive?from=2023-02-26T00:00:00Z', 400],
  ])('refuse %s with %i', async (path, status) => {
    expect((await report(path)).statusCode).toBe(status);
  });

  it('tell of a removed site while the period is one in which it was there', async () => {
    const path = `executive?format=json&${PERIOD}&site=site-alder`;
    await fixture.db.query(`update site set removed_at = $1 where external_id = 'site-alder'`, [new Date(DAY + HOUR_MS)]);
    expect((await tables(path))['regions']).toMatchObject([{ name: 'Region alder', circuits: 1 }]);
    await fixture.db.query(`update site set removed_at = $1 where external_id = 'site-alder'`, [new Date(DAY)]);
    expect((await report(path)).statusCode).toBe(400);
    await fixture.db.query(`update site set removed_at = null where external_id = 'site-alder'`);
  });

  it('are kept from others', async () => {
    expect((await fixture.call(key, 'GET', '/v1/orgs/org-birch/reports/executive')).status).toBe(404);
    expect((await fixture.call(null, 'GET', `${ORG}/executive`)).status).toBe(401);
  });
});
