import { NOW, seedAlder, seedTagged, startApi, type ApiFixture } from '../api.fixture.js';
import { NETWORK_METRICS } from './network-metrics.js';

let fixture: ApiFixture;
let lines: string[];
beforeAll(async () => {
  fixture = await startApi();
  await seedAlder(fixture.db);
  await seedTagged(fixture.db, 'birch');
  await fixture.db.query(
    `insert into incident (org_id, group_key, title, severity, opened_at) select id, 'site:1', 'down', 'critical', $1 from org where external_id = 'org-alder'`,
    [new Date(NOW)],
  );
}, 60_000);
afterAll(() => fixture.close());

const scrape = async (...orgs: string[]) => fixture.call(await fixture.key('viewer', ...orgs), 'GET', '/v1/metrics');
const valueOf = (series: string): number | null => {
  const line = lines.find((each) => each.startsWith(`${series} `));
  return line === undefined ? null : Number(line.slice(series.length + 1));
};

describe('the metrics of the networks', () => {
  beforeAll(async () => {
    const answer = await scrape('org-alder');
    expect(answer.status).toBe(200);
    expect(answer.type).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    lines = answer.body.split('\n');
  });

  it('hold every metric, and end as OpenMetrics ends', () => {
    const types = lines.filter((line) => line.startsWith('# TYPE ')).map((line) => line.split(' ')[2]);
    expect(types.sort()).toEqual(Object.keys(NETWORK_METRICS).sort());
    expect(lines.filter((line) => line !== '').at(-1)).toBe('# EOF');
  });

  it.each([
    ['mistwatch_network_circuits{org="org-alder",level="region",group="Region alder",state="down"}', 1],
    ['mistwatch_network_circuits{org="org-alder",level="region",group="Region alder",state="unknown"}', 0],
    ['mistwatch_network_utilization_percent{org="org-alder",level="region",group="Region alder",stat="max"}', 95],
    ['mistwatch_network_sle_sites{org="org-alder",metric="coverage",severity="major"}', 1],
    ['mistwatch_network_alerts{org="org-alder",rule="site-down",severity="critical"}', 1],
    ['mistwatch_network_incidents{org="org-alder",severity="critical",acknowledged="false"}', 1],
    ['mistwatch_network_data_age_seconds{org="org-alder",kind="wan-ports"}', 60],
    ['mistwatch_network_failovers{org="org-alder"}', 0],
    ['mistwatch_network_latency_milliseconds{org="org-alder",level="provider",group="none",stat="max"}', null],
  ])('say %s %s', (series, value) => expect(valueOf(series)).toBe(value));

  it('are those of the orgs of the key alone', async () => {
    expect(lines.join('\n')).not.toContain('birch');
    const { body } = await scrape('org-alder', 'org-birch');
    expect(body).toContain('org="org-alder"');
    expect(body).toContain('org="org-birch"');
    expect((await fixture.call(null, 'GET', '/v1/metrics')).status).toBe(401);
  });
});
