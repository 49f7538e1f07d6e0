import { parse } from 'csv-parse/sync';
import readWorkbook from 'read-excel-file/node';
import { ensurePartitions, type Database } from '@app/shared';
import { NOW, seedIncident, seedTagged, startApi, taggedSite, type ApiFixture } from '../api.fixture.js';
import { EXPORT_TABLES } from './catalogue.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const TODAY = Math.floor(NOW / DAY) * DAY;
const DAYS = [4, 3, 2, 1].map((ago) => TODAY - ago * DAY);
const PERIOD = `from=${new Date(TODAY - 40 * DAY).toISOString()}&to=${new Date(TODAY + DAY).toISOString()}`;
/** Tables of now, and those whose period may not lie ahead. */
const ASKED: Readonly<Record<string, string>> = {
  circuits: '',
  sites: '',
  rankings: 'by=utilization',
  offenders: 'by=utilization',
  outages: `from=${new Date(TODAY - 10 * DAY).toISOString()}&to=${new Date(TODAY).toISOString()}`,
};

/** A busy period of each grain for every circuit. */
async function seedPeriods(
  db: Database,
  orgId: number,
  grain: 'day' | 'week' | 'month',
  starts: readonly number[],
): Promise<void> {
  await ensurePartitions(db, `circuit_${grain}`, starts);
  await db.query(
    `insert into circuit_${grain} (org_id, circuit_id, start, stretch_from, stretch_to, site_id, region, facts, covered_ms, util_hours, util_weight_ms, util_sum,
       util_max, up_ms, down_ms, latency_count, latency_sum, latency_sketched, jitter_count, jitter_sum, jitter_sketched, loss_count, loss_sum, loss_sketched, above)
     select c.org_id, c.id, s.at, s.at, s.at + interval '1 ${grain}', c.site_id, 'Region', 24, 1, 1, 1, 97, 97, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
       array_fill(0, array[$3::int]) from circuit c, unnest($2::timestamptz[]) as s (at) where c.org_id = $1`,
    [orgId, starts.map((start) => new Date(start)), grain === 'day' ? 12 : 48],
  );
}

/** A row of every table that can be exported, each of them told apart by the tag of its circuit or site. */
async function seedAll(db: Database, tag: string): Promise<void> {
  const site = taggedSite(tag);
  const [main] = site.circuits;
  if (main === undefined) throw new Error('The site has a circuit.');
  const circuits = [main, { ...main, portId: 'ge-0/0/1', name: `Spare ${tag}` }];
  const { orgId, alertId } = await seedTagged(db, tag, [{ ...site, circuits }]);
  await seedIncident(db, { orgId, alertId, tag });
  await seedPeriods(db, orgId, 'day', DAYS);
  await seedPeriods(db, orgId, 'week', [Date.UTC(2026, 1, 16)]);
  await seedPeriods(db, orgId, 'month', [Date.UTC(2026, 1, 1)]);
  await db.query(`insert into rollup_state (org_id, closed_until, timezone, thresholds) values ($1, $2, 'UTC', '{}')`, [
    orgId,
    new Date(TODAY),
  ]);
  const yesterday = TODAY - DAY;
  for (const table of ['path_hour', 'site_sle_hour', 'site_sle_day'] as const) await ensurePartitions(db, table, [yesterday]);
  const at = [orgId, new Date(yesterday), new Date(yesterday + HOUR)];
  await db.query(
    `insert into path_hour (org_id, circuit_id, hour, peer, up_ms, down_ms, flaps, latency_count, jitter_count, loss_count, mos_count)
     select org_id, id, $2, $3, 0, 60000, 0, 0, 0, 0, 0 from circuit where org_id = $1`,
    [orgId, new Date(yesterday), `peer ${tag}`],
  );
  await db.query(
    `insert into site_sle_hour (org_id, site_id, metric, hour, reading_score, reading_at) select org_id, id, 'coverage', $2, 0.5, $2 from site where org_id = $1`,
    at.slice(0, 2),
  );
  await db.query(
    `insert into site_sle_day (org_id, site_id, metric, start, hours, weighed_hours, weight, weighed_sum, plain_sum)
     select org_id, id, 'coverage', $2, 24, 24, 1000, 750, 0 from site where org_id = $1`,
    at.slice(0, 2),
  );
  await db.query(
    `insert into circuit_state (org_id, circuit_id, from_at, to_at, state) select org_id, id, $2, $3, 'down' from circuit where org_id = $1`,
    at,
  );
  await db.query(
    `insert into failover (org_id, site_id, primary_id, backup_id, started_at, decided_at, ended_at, trigger, why, ended_by)
     select org_id, site_id, min(id), max(id), $2, $2, $3, 'poll', 'down', 'carries' from circuit where org_id = $1 group by 1, 2`,
    at,
  );
  await db.query(`insert into audit (org_id, at, actor, action, subject, details) values ($1, $2, 'test', 'test', $3, '{}')`, [
    orgId,
    new Date(yesterday),
    `subject ${tag}`,
  ]);
}

let fixture: ApiFixture;
let keys: Readonly<Record<'alder' | 'birch', string>>;
beforeAll(async () => {
  fixture = await startApi();
  await seedAll(fixture.db, 'alder');
  await seedAll(fixture.db, 'birch');
  keys = { alder: await fixture.key('operator', 'org-alder'), birch: await fixture.key('operator', 'org-birch') };
}, 60_000);
afterAll(() => fixture.close());

async function bytesOf(org: 'alder' | 'birch', name: string, format: string): Promise<Buffer> {
  const url = `/v1/orgs/org-${org}/exports/${name}?format=${format}&${ASKED[name] ?? PERIOD}`;
  const { statusCode, rawPayload, headers } = await fixture.api.app.inject({
    url,
    headers: { authorization: `Bearer ${keys[org]}` },
  });
  expect([url, statusCode]).toEqual([url, 200]);
  expect(String(headers['content-disposition'])).toMatch(new RegExp(`^attachment; filename="${name}_[0-9TZ_]+\\.${format}"$`));
  return rawPayload;
}

const rowsOf = {
  csv: (bytes: Buffer) => parse(bytes.toString(), { record_delimiter: '\r\n' }),
  ndjson: (bytes: Buffer) =>
    bytes
      .toString()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as object),
  xlsx: async (bytes: Buffer) => (await readWorkbook(bytes))[0]?.data ?? [],
};

describe.each(EXPORT_TABLES.map(({ name, columns }) => [name, columns.map((column) => column.name)] as const))(
  'the export %s',
  (name, columns) => {
    it.each([
      ['alder', 'birch'],
      ['birch', 'alder'],
    ] as const)('has the columns that it says, rows of %s, and nothing of %s', async (own, other) => {
      const [head, ...lines] = rowsOf.csv(await bytesOf(own, name, 'csv'));
      const objects = rowsOf.ndjson(await bytesOf(own, name, 'ndjson'));
      const [sheetHead, ...sheet] = await rowsOf.xlsx(await bytesOf(own, name, 'xlsx'));
      expect(head).toEqual(columns);
      expect(sheetHead).toEqual(columns);
      for (const row of objects) expect(Object.keys(row)).toEqual(columns);
      expect(objects.length).toBeGreaterThan(0);
      expect([lines.length, sheet.length]).toEqual([objects.length, objects.length]);
      for (const rows of [lines, objects, sheet]) {
        expect(JSON.stringify(rows)).toContain(own);
        expect(JSON.stringify(rows)).not.toContain(other);
      }
    });
  },
);
