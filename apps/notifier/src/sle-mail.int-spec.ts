import { Rig, SECOND } from './rig.spec-support.js';

const SITES = 3_208;
const METRICS = ['time-to-connect', 'successful-connect', 'coverage', 'roaming', 'throughput', 'capacity', 'ap-health'];

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
}, 60_000);
afterAll(() => rig.stop(), 30_000);

/** Every site has every service level, worse with each site; odd ones are critical and alert. */
async function badDay(): Promise<void> {
  const { database, orgId } = rig;
  await database.query(
    `insert into site (org_id, external_id, name) select $1, 'site-' || i, 'Store ' || i || ' <b>&' from generate_series(1, $2) i`,
    [orgId, SITES],
  );
  await database.query(
    `insert into site_sle (org_id, site_id, metric, at, score, severity, title, text, num_aps, num_clients)
     select $1, s.id, m, $3, 0.7 - (s.id % 600) / 1000.0, 'critical', m, '61.2% - 4 APs, 30 clients', 4, 30 from site s, unnest($2::text[]) m where s.org_id = $1`,
    [orgId, METRICS, new Date(rig.clock.now())],
  );
  const classifiers = [
    { name: 'dhcp-nack', degradedPct: 25, numUsers: 30, numAps: 4 },
    { name: 'new_cause', degradedPct: 12.5, numUsers: null, numAps: 2 },
    { name: 'arp', degradedPct: null, numUsers: null, numAps: null },
  ];
  await database.query(
    `insert into sle_detail (org_id, site_id, metric, at, window_from, window_to, score, classifiers)
     select org_id, site_id, metric, at, at, at, score, $2::jsonb from site_sle where org_id = $1`,
    [orgId, JSON.stringify(classifiers)],
  );
  await database.query(
    `with a as (
       insert into alert (org_id, rule, subject, site_id, state, status, severity, since, fired_at, details, observed_at)
       select $1, 'sle', 'site:' || id, id, '{}', 'firing', 'critical', $2, $2, $3, $2 from site where org_id = $1 returning id
     ) insert into outbox (org_id, alert_id, seq, at) select $1, id, 1, $2 from a`,
    [
      orgId,
      new Date(rig.clock.now()),
      JSON.stringify({ siteName: 'Store', metrics: METRICS.map((metric) => ({ metric, score: 0.612, severity: 'critical' })) }),
    ],
  );
}

it('tells 3,208 degraded sites in one mail of reasonable size, with classifiers and report', async () => {
  const { dispatch } = await rig.notifier();
  await badDay();
  await dispatch.sendDue();
  rig.clock.advance(30 * SECOND);
  await dispatch.sendDue();
  expect(rig.sink.mails).toHaveLength(1);
  const [mail] = rig.sink.mails;
  if (mail === undefined) return;
  expect(mail.subject).toBe('[CRITICAL] 3208 sites: service levels critical');
  expect(mail.raw.length).toBeLessThan(1_000_000);
  expect(mail.raw.indexOf('Content-Disposition: attachment')).toBeLessThan(100_000);
  expect(mail.html).toContain('DHCP Nack');
  expect(mail.html).toContain('25.0% degraded, users=30, aps=4');
  expect(mail.html).toContain('New Cause');
  expect(mail.html).toContain('&lt;b&gt;&amp;');
  expect(mail.html).toContain('href="https://mistwatch.example.com/v1/orgs/org-1/reports/summary"');
  expect(mail.text).toMatch(/\.\.\. and 3\d{3} more/);
  const [report] = mail.attachments;
  expect(report?.filename).toBe('SUMMARY_REPORT_20260302T120030Z.txt');
  expect(report?.mimeType).toBe('text/plain');
}, 60_000);
