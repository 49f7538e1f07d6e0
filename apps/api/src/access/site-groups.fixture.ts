import type { Database } from '@app/shared';
import { NOW, seedIncident, startApi, type ApiFixture } from '../api.fixture.js';
import { operationsOf, seedSubject, type Operation, type Subject } from '../walk.fixture.js';

export const ORG = 'org-both';

const SETTINGS = `
email: { smtpUrl: 'smtp://127.0.0.1:2525', from: mistwatch@example.com, to: [noc@example.com] }
rotas: [{ id: night, timezone: UTC, from: '2026-02-23T09:00', members: ['email:birch@example.com'] }]
policies: [{ id: birch, match: { orgs: [${ORG}] }, steps: [{ to: [email] }] }]
rules: [{ id: birch, metric: latency, threshold: 200, match: { orgs: [${ORG}] } }]
`;

/** What the walk of tenancy does not need; `$1` is the organization, `$2` now, `$3` the tag of the site. */
const SITE = `(select id from site where org_id = $1 and external_id = 'site-' || $3::text)`;
const ROWS = [
  `insert into failover (org_id, site_id, primary_id, backup_id, started_at, decided_at, ended_at, ended_by, trigger, why)
   select org_id, site_id, id, id, $2::timestamptz - interval '3 hours', $2, $2::timestamptz - interval '2 hours', 'carries', 'event', 'down'
   from circuit where org_id = $1 and site_id = ${SITE}`,
  `insert into circuit_state (org_id, circuit_id, from_at, to_at, state)
   select org_id, id, $2::timestamptz - interval '5 days', $2::timestamptz - interval '4 days', 'down'
   from circuit where org_id = $1 and site_id = ${SITE}`,
  `insert into site_sle_hour (org_id, site_id, metric, hour, reading_score, reading_at)
   select $1, s, 'coverage', h, 0.8, h from ${SITE} x (s), generate_series($2::timestamptz - interval '5 hours', $2, interval '1 hour') h`,
  `insert into path_hour (org_id, circuit_id, hour, peer, up_ms, down_ms, flaps, latency_count, jitter_count, loss_count, mos_count)
   select org_id, id, date_trunc('hour', $2::timestamptz) - interval '2 hours', $3 || '|ge-0/0/0', 3600000, 0, 0, 0, 0, 0, 0
   from circuit where org_id = $1 and site_id = ${SITE}`,
  `insert into circuit_alias (org_id, mac, port_id, circuit_id, until, linked_at, actor)
   select org_id, 'old-' || $3::text, 'ge-0/0/9', id, $2, $2, $3 from circuit where org_id = $1 and site_id = ${SITE}`,
  `update site set sitegroup_ids = array['group-' || $3::text] where $2::timestamptz is not null and org_id = $1 and id = ${SITE}`,
];

export interface BothSites {
  readonly fixture: ApiFixture;
  readonly operations: readonly Operation[];
  /** Of the site in the site group `group-alder`. */
  readonly own: Subject;
  /** Of the site in the site group `group-birch`. */
  readonly other: Subject;
  /** An incident with alerts of both. */
  readonly sharedIncident: number;
}

async function seedGroups(db: Database, orgId: number): Promise<void> {
  for (const tag of ['alder', 'birch'])
    await db.query('insert into site_group (org_id, external_id, name) values ($1, $2, $3)', [
      orgId,
      `group-${tag}`,
      `Group ${tag}`,
    ]);
}

/** An organization with two sites in two site groups, each with something of everything, named by its tag. */
export async function startBothSites(): Promise<BothSites> {
  const fixture = await startApi({ yaml: SETTINGS, state: { freshMs: 600_000, staleMs: 600_000 } });
  const { db } = fixture;
  for (const table of ['site_sle_hour', 'path_hour']) await db.query(`create table ${table}_all partition of ${table} default`);
  const own = await seedSubject(fixture, 'alder', 'both');
  const other = await seedSubject(fixture, 'birch', 'both');
  await seedGroups(db, own.orgId);
  for (const tag of ['alder', 'birch']) for (const sql of ROWS) await db.query(sql, [own.orgId, new Date(NOW), tag]);
  const shared = await seedIncident(db, { ...other, tag: 'birch and alder' });
  await db.query(
    `insert into incident_alert (org_id, incident_id, alert_id, severity, joined_at, told_at) values ($1, $2, $3, 'critical', $4, $4)`,
    [own.orgId, shared.incidentId, own.alertId, new Date(NOW)],
  );
  return { fixture, operations: await operationsOf(fixture), own, other, sharedIncident: shared.incidentId };
}
