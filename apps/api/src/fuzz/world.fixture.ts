import { API_ROLES, type Database } from '@app/shared';
import { NOW, seedAlder, seedIncident, seedTagged, startApi, type ApiFixture } from '../api.fixture.js';
import type { World } from './requests.spec-support.js';

const CONFIGURATION = `
email: { smtpUrl: 'smtp://127.0.0.1:2525', from: mistwatch@example.com, to: [noc@example.com] }
rotas: [{ id: night, timezone: UTC, from: '2026-02-23T09:00', members: ['email:sam@example.com'] }]
policies: [{ id: all, steps: [{ to: [email] }] }]
reports: { schedules: [{ id: daily, kind: executive, period: day, at: '07:00', timezone: UTC }] }
`;

/** What the configuration names. */
const CONFIGURED = { schedule: ['daily'], rota: ['night'], channel: ['email'] };

/** Something of each resource; statements of an org, `$1`, at the time `$2`. Those that return an id are known by it. */
const SEEDS = {
  group: `insert into site_group (org_id, external_id, name) values ($1, 'group-1', 'Group of ' || $2::timestamptz)`,
  grouped: `update site set sitegroup_ids = '{group-1}', observed_at = $2 where org_id = $1`,
  failover: `insert into failover (org_id, site_id, primary_id, backup_id, started_at, decided_at, ended_at, ended_by, trigger, why)
    select org_id, site_id, min(id), max(id), $2::timestamptz - interval '3 hours', $2, $2::timestamptz - interval '2 hours', 'carries', 'event', 'down'
    from circuit where org_id = $1 group by 1, 2`,
  open: `insert into failover (org_id, site_id, primary_id, backup_id, started_at, decided_at, trigger, why)
    select org_id, site_id, min(id), max(id), $2::timestamptz - interval '1 hour', $2, 'poll', 'down' from circuit where org_id = $1 group by 1, 2`,
  states: `insert into circuit_state (org_id, circuit_id, from_at, to_at, state)
    select org_id, id, $2::timestamptz - interval '5 days', $2::timestamptz - interval '4 days', 'down' from circuit where org_id = $1`,
  detail: `insert into sle_detail (org_id, site_id, metric, at, window_from, window_to, score, classifiers)
    select org_id, id, 'coverage', $2, $2::timestamptz - interval '1 hour', $2, 0.75,
      '[{"name": "weak-signal", "title": "Weak Signal", "degradedPct": 24.5, "causePct": 98, "numUsers": 7, "numAps": 2}]' from site where org_id = $1`,
  alias: `insert into circuit_alias (org_id, mac, port_id, circuit_id, until, linked_at, actor)
    select org_id, '02000000ffff', 'ge-0/0/9', min(id), $2, $2, 'test' from circuit where org_id = $1 group by 1`,
  maintenance: `insert into maintenance (org_id, name, owner, scope, from_at, to_at, created_at, created_by, updated_at)
    values ($1, 'Upgrade', 'noc', 'org', $2, $2::timestamptz + interval '1 hour', $2, 'test', $2) returning id`,
  recurring: `insert into maintenance (org_id, name, owner, scope, from_at, to_at, created_at, created_by, updated_at, rrule, timezone)
    values ($1, 'Weekly', 'noc', 'org', $2::timestamptz - interval '30 days', $2::timestamptz - interval '30 days' + interval '1 hour', $2, 'test', $2, 'FREQ=DAILY', 'Europe/Berlin') returning id`,
  silence: `insert into silence (org_id, matcher, reason, owner, from_at, to_at, created_at, created_by)
    values ($1, '{"sites": ["site-alder"]}', 'Known', 'noc', $2, $2::timestamptz + interval '1 hour', $2, 'test') returning id`,
  override: `insert into rota_override (org_id, rota, member, from_at, to_at, reason, entered_at, entered_by)
    values ($1, 'night', 'email:sam@example.com', $2, $2::timestamptz + interval '1 hour', 'swap', $2, 'test') returning id`,
  test: `insert into channel_test (org_id, channel, asked_at, asked_by) values ($1, 'email', $2, 'key:test') returning id`,
  report: `insert into report_file (org_id, kind, format, revision, name, made_at, used_at, bytes, sha256, body)
    values ($1, 'summary', 'text', 'r', 'SUMMARY_REPORT_20260301T121000Z.txt', $2, $2, 4, 'r', 'text') returning id`,
  backfill: `insert into backfill (org_id, from_at, to_at, kinds, requested_at)
    values ($1, $2::timestamptz - interval '2 days', $2::timestamptz - interval '1 day', '{wan-hours}', $2) returning id`,
} as const;
type Seed = keyof typeof SEEDS;

const SLE_HOURS = `insert into site_sle_hour (org_id, site_id, metric, hour, reading_score, reading_at) select org_id, id, 'coverage', h, 0.8, h
  from site, generate_series($2::timestamptz - interval '5 hours', $2, interval '1 hour') as h where org_id = $1`;
const PATHS = `insert into path_hour (org_id, circuit_id, hour, peer, up_ms, down_ms, flaps, latency_count, jitter_count, loss_count, mos_count)
  select org_id, id, date_trunc('hour', $2::timestamptz) - interval '2 hours', 'hub|wan0', 3600000, 0, 0, 0, 0, 0, 0 from circuit where org_id = $1`;

/** The rows of SEEDS; returns the ids of those that have one. */
async function seedAll(db: Database, orgId: number): Promise<(name: Seed) => string> {
  for (const table of ['site_sle_hour', 'path_hour']) await db.query(`create table ${table}_all partition of ${table} default`);
  const values = [orgId, new Date(NOW)];
  for (const sql of [SLE_HOURS, PATHS]) await db.query(sql, values);
  const ids = new Map<Seed, string>();
  for (const [name, sql] of Object.entries(SEEDS) as [Seed, string][]) {
    const [row] = await db.query<{ id?: number }>(sql, values);
    if (row?.id !== undefined) ids.set(name, String(row.id));
  }
  return (name) => ids.get(name) ?? '1';
}

/** The API with an organization that has something of everything, and names for it. */
export async function startFuzzWorld(): Promise<{ fixture: ApiFixture; world: World }> {
  const fixture = await startApi({ yaml: CONFIGURATION });
  const alertId = await seedAlder(fixture.db);
  await seedTagged(fixture.db, 'birch');
  const [org] = await fixture.db.query<{ id: number }>(`select id from org where external_id = 'org-alder'`);
  const orgId = org?.id ?? 0;
  const of = await seedAll(fixture.db, orgId);
  const told = await seedIncident(fixture.db, { orgId, alertId, tag: 'alder' });
  const spare = (await fixture.key('viewer', 'org-alder')).split('_')[1] ?? '';
  const limited = await fixture.limitedKey('operator', 'org-alder', 'group-1');
  const keys = await Promise.all(API_ROLES.map((role) => fixture.key(role, 'org-alder')));
  return {
    fixture,
    world: {
      // Most of what there is to find is found by an admin.
      keys: [...keys, limited, ...Array<string>(5).fill(keys.at(-1) ?? '')],
      ids: {
        org: [...Array<string>(15).fill('org-alder'), 'org-birch'],
        orgs: ['org-alder'],
        site: ['site-alder'],
        circuit: ['020000000101:ge-0/0/0', '020000000101:ge-0/0/1', '1'],
        old: ['020000000101:ge-0/0/0'],
        new: ['020000000101:ge-0/0/1'],
        circuits: ['020000000101:ge-0/0/0'],
        mac: ['020000000101'],
        port_id: ['ge-0/0/0', 'ge-0/0/1'],
        peer: ['hub|wan0'],
        alert: [String(alertId)],
        device: ['gw-alder'],
        metric: ['coverage', 'latency', 'utilization'],
        key: [spare],
        session: ['0123456789abcdef'],
        group: ['Region alder'],
        region: ['Region alder'],
        maintenance: [of('maintenance'), of('recurring')],
        incident: [String(told.incidentId)],
        delivery: [String(told.deliveryId)],
        silence: [of('silence')],
        override: [of('override')],
        test: [of('test')],
        report: [of('report')],
        ...CONFIGURED,
        destination: ['email:noc@example.com'],
        fields: ['id', 'items', 'id,name', 'points.start,points.rx_bytes', 'latency_ms.avg'],
        table: ['circuits', 'sites', 'alerts', 'series', 'outages'],
        kind: ['summary', 'executive', 'engineering', 'carrier', 'sle', 'series'],
      },
    },
  };
}
