import { Database, loadCurrentState, loadReportModel, parseSettings } from '@app/shared';
import { createTestDatabase, seedOrg, type SeededCircuit, type TestDatabase } from '@app/testing';
import { NOW } from '../api.fixture.js';

const MINUTE_MS = 60_000;
const circuit = (portId: string, state: 'up' | 'down', utilizationPct: number | null = 10): SeededCircuit => ({
  mac: '020000000101',
  portId,
  name: portId,
  state,
  hours: [{ rxBytes: 1_000, utilizationPct }],
});

describe('current state', () => {
  let database: TestDatabase;
  let db: Database;
  let number = 0;

  beforeAll(async () => {
    database = await createTestDatabase();
    db = new Database({ url: database.url });
  });
  afterAll(async () => {
    await db.close();
    await database.drop();
  });

  /** One site with these circuits and a Wi-Fi severity, each time in an org of its own. */
  async function siteOf(circuits: readonly SeededCircuit[], wifi = 'info') {
    number += 1;
    const site = {
      id: 'site-1',
      name: 'Alder Street',
      region: 'North',
      circuits,
      sle: { coverage: { score: 0.95, severity: wifi } },
    };
    return seedOrg(db, { orgId: `org-${String(number)}`, name: 'Example Retail', now: NOW, sites: [site] });
  }
  const judged = async (orgId: number, { now = NOW, yaml = '' } = {}) => {
    const settings = parseSettings(yaml, {});
    const { status, sites } = await loadCurrentState(db, orgId, { now, settings });
    // Read alone, in one question and by way of JSON, a site is what it is among all.
    expect((await loadCurrentState(db, orgId, { now, settings, site: 'site-1' })).sites).toStrictEqual(sites);
    return {
      status,
      parts: sites[0]?.parts,
      why: sites[0]?.wanWhy,
      severities: sites[0]?.circuits.map(({ severity }) => severity),
    };
  };

  it.each([
    ['all well', [circuit('a', 'up'), circuit('b', 'up')], 'HEALTHY', ['info', 'info']],
    ['one at warning', [circuit('a', 'up', 70), circuit('b', 'up')], 'DEGRADED', ['warning', 'info']],
    ['one high', [circuit('a', 'up', 80), circuit('b', 'up')], 'UNHEALTHY', ['major', 'info']],
    ['one critical', [circuit('a', 'up', 90), circuit('b', 'up')], 'CRITICAL', ['critical', 'info']],
    ['one down', [circuit('a', 'down'), circuit('b', 'up')], 'UNHEALTHY', ['major', 'info']],
    ['no circuit up', [circuit('a', 'down'), circuit('b', 'down')], 'CRITICAL', ['critical', 'critical']],
    ['no utilization known', [circuit('a', 'up', null)], 'HEALTHY', ['info']],
    ['no circuits', [], 'UNKNOWN', []],
  ] as const)('WAN with %s', async (_, circuits, wan, severities) => {
    const { orgId } = await siteOf(circuits);
    expect(await judged(orgId)).toMatchObject({ parts: { wifi: 'HEALTHY', wanSle: 'UNKNOWN', wan }, severities });
  });

  it('takes the worst of the parts for site and organization', async () => {
    const { orgId } = await siteOf([circuit('a', 'up', 70)], 'critical');
    expect(await judged(orgId)).toMatchObject({ status: 'CRITICAL', parts: { wifi: 'CRITICAL', wan: 'DEGRADED' } });
  });

  it('lets each part grow old by its own interval: two of them and five minutes', async () => {
    const { orgId } = await siteOf([circuit('a', 'up')]);
    expect((await judged(orgId, { now: NOW + 15 * MINUTE_MS })).parts).toEqual({
      wifi: 'HEALTHY',
      wanSle: 'UNKNOWN',
      wan: 'HEALTHY',
    });
    expect((await judged(orgId, { now: NOW + 15 * MINUTE_MS + 1 })).parts).toEqual({
      wifi: 'HEALTHY',
      wanSle: 'UNKNOWN',
      wan: 'UNKNOWN',
    });
    expect((await judged(orgId, { now: NOW + 35 * MINUTE_MS })).status).toBe('HEALTHY');
    expect((await judged(orgId, { now: NOW + 35 * MINUTE_MS + 1 })).status).toBe('UNKNOWN');
  });

  it('leaves disabled circuits and removed sites out', async () => {
    const { orgId } = await siteOf([circuit('a', 'down'), circuit('b', 'up')]);
    await db.query(`update circuit set disabled = true where org_id = $1 and port_id = 'a'`, [orgId]);
    expect(await judged(orgId)).toMatchObject({ parts: { wan: 'HEALTHY' } });
    expect((await loadReportModel(db, orgId, NOW, parseSettings('', {}))).circuits).toEqual({
      total: 1,
      up: 1,
      down: 0,
      unknown: 0,
    });
    await db.query('update site set removed_at = $2 where org_id = $1', [orgId, new Date(NOW)]);
    expect(await judged(orgId)).toMatchObject({ status: 'UNKNOWN', parts: undefined });
  });

  it('reads one site alone to the microsecond and the last digit, with a failover and service levels', async () => {
    const { orgId } = await siteOf([circuit('a', 'down', 100 / 3), circuit('b', 'up')]);
    await db.query(
      `update circuit set state_since = state_since + interval '123456 microseconds', state_at = state_at - interval '1 microsecond' where org_id = $1`,
      [orgId],
    );
    await db.query(
      `insert into failover (org_id, site_id, primary_id, backup_id, started_at, decided_at, trigger, why) select a.org_id, a.site_id, a.id, b.id, $2, $2, 'poll', 'down'
       from circuit a join circuit b on b.org_id = a.org_id and b.port_id = 'b' where a.org_id = $1 and a.port_id = 'a'`,
      [orgId, new Date(NOW - 90_001)],
    );
    await db.query(`update site_sle set score = 2.0 / 3, at = at - interval '1 microsecond' where org_id = $1`, [orgId]);
    expect(await judged(orgId)).toMatchObject({ severities: ['major', 'info'] });
    const { sites } = await loadCurrentState(db, orgId, { now: NOW, settings: parseSettings('', {}), site: 'site-1' });
    expect(sites[0]?.circuits[0]?.failover?.startedAt).toEqual(new Date(NOW - 90_001));
    expect((await loadCurrentState(db, orgId, { now: NOW, settings: parseSettings('', {}), site: 'none' })).sites).toEqual([]);
  });

  it('says unauthorized when another kind was refused and these were left out for it', async () => {
    const { orgId } = await siteOf([circuit('a', 'up')]);
    await db.query(
      `insert into poll_state (org_id, kind, failure_code, failure_reason, failed_at, failures)
       values ($1, 'gateways', 'MIST_UNAUTHORIZED', 'Mist refused the token', $2, 1),
         ($1, 'sle-wifi', 'ORG_STOPPED', 'left alone for an hour', $2, 0), ($1, 'wan-ports', 'ORG_STOPPED', 'left alone for an hour', $2, 0)`,
      [orgId, new Date(NOW)],
    );
    const { org, sites, failures } = await loadReportModel(db, orgId, NOW + 60 * MINUTE_MS, parseSettings('', {}));
    expect([org.staleReason, sites[0]?.staleReason]).toEqual(['unauthorized', 'unauthorized']);
    expect(failures.map(({ kind, reason }) => `${kind} ${reason}`)).toEqual([
      'gateways unauthorized',
      'sle-wifi unauthorized',
      'wan-ports unauthorized',
    ]);
  });

  it('judges by the thresholds of the circuit before those of the region', async () => {
    const { orgId } = await siteOf([circuit('a', 'up', 50), circuit('b', 'up', 50)]);
    const yaml = `
thresholds:
  regions: { North: { utilization: { warning: 40, major: 60, critical: 70 } } }
  circuits: { 020000000101/a: { utilization: { warning: 30, major: 45 } } }
`;
    expect(await judged(orgId, { yaml })).toMatchObject({ severities: ['major', 'warning'] });
  });
});
