import { keepReport, loadReport, packReports, parseSettings, type AskedRun, type ReportFormat } from '@app/shared';
import { NOW, seedTagged, startApi, type ApiFixture } from '../api.fixture.js';

const ORG = '/v1/orgs/org-alder';
const DAY_MS = 86_400_000;
const YAML = `
email: { smtpUrl: 'smtp://127.0.0.1:2525', from: mistwatch@example.com, to: [noc@example.com] }
reports:
  schedules:
    - { id: weekly, kind: executive, formats: [html, xlsx], period: week, at: '07:00', timezone: Europe/Berlin, to: [boss@example.com] }
    - { id: ends, kind: sle, period: month, at: '06:30', timezone: UTC, on: [15, last], site: site-alder }
    - { id: rule, kind: summary, formats: [text], at: '06:30', timezone: UTC, on: 'FREQ=DAILY;UNTIL=20260101T000000Z' }
    - { id: theirs, orgs: [org-birch], kind: summary, at: '06:00', timezone: UTC }
`;

describe('scheduled reports', () => {
  let fixture: ApiFixture;
  let orgId: number;
  let viewer: string;
  let operator: string;

  beforeAll(async () => {
    fixture = await startApi({ yaml: YAML });
    ({ orgId } = await seedTagged(fixture.db, 'alder'));
    await seedTagged(fixture.db, 'birch');
    viewer = await fixture.key('viewer', 'org-alder');
    operator = await fixture.key('operator', 'org-alder');
  });
  afterAll(() => fixture.close());

  const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    fixture.api.app.inject({ url: `${ORG}/${path}`, headers: { authorization: `Bearer ${viewer}`, ...headers } });
  const run = (schedule: string, headers: Readonly<Record<string, string>> = {}) =>
    fixture.api.app.inject({
      method: 'POST',
      url: `${ORG}/report-schedules/${schedule}/run`,
      headers: { authorization: `Bearer ${operator}`, ...headers },
    });

  /** What a notifier does with a run, without the mails. */
  async function make(runId: number): Promise<void> {
    const [row] = await fixture.db.query<{ asked: AskedRun }>('select asked from report_run where id = $1', [runId]);
    if (row === undefined) throw new Error('There is no such run.');
    const { asked } = row;
    const { kind, period } = asked;
    const span = period === null ? {} : { from: period.from, to: period.to };
    const report = await loadReport(fixture.db, kind, { asked: { orgId, now: NOW, ...span }, settings: parseSettings(YAML, {}) });
    for (const format of asked.formats) {
      const file = await keepReport(fixture.db, orgId, { report, asked, format }, fixture.clock.now());
      await fixture.db.query('insert into report_run_file (org_id, run_id, file_id) values ($1, $2, $3)', [orgId, runId, file]);
    }
    await fixture.db.query(`update report_run set status = 'made', made_at = $2, revision = $3 where id = $1`, [
      runId,
      new Date(NOW),
      report.revision,
    ]);
  }
  const files = async (query = ''): Promise<{ id: number; format: ReportFormat; name: string; archived_at: string | null }[]> =>
    (JSON.parse((await get(`report-archive${query}`)).body) as { items: never[] }).items;

  it('are listed with their next time, those of other organizations are not', async () => {
    const { items } = JSON.parse((await get('report-schedules')).body) as { items: unknown[] };
    expect(items).toEqual([
      {
        id: 'weekly',
        kind: 'executive',
        formats: ['html', 'xlsx'],
        region: null,
        site: null,
        period: 'week',
        at: '07:00',
        on: ['mo'],
        timezone: 'Europe/Berlin',
        to: ['email:boss@example.com'],
        next_at: '2026-03-02T06:00:00Z',
        last: null,
      },
      expect.objectContaining({ id: 'ends', site: 'site-alder', on: ['15', '31'], next_at: '2026-03-15T06:30:00Z' }),
      expect.objectContaining({ id: 'rule', period: null, on: ['FREQ=DAILY;UNTIL=20260101T000000Z'], next_at: null }),
    ]);
  });

  it('are made now when an operator says so, once for an Idempotency-Key', async () => {
    const first = await run('weekly', { 'idempotency-key': 'monday' });
    expect([first.statusCode, JSON.parse(first.body)]).toEqual([
      202,
      expect.objectContaining({ schedule: 'weekly', status: 'due', period_from: '2026-02-16T00:00:00Z', files: [] }),
    ]);
    expect((await run('weekly', { 'idempotency-key': 'monday' })).body).toBe(first.body);
    expect((await run('weekly')).body).toBe(first.body);
    expect(await fixture.db.query('select 1 from report_run')).toHaveLength(1);
    expect((await run('theirs')).statusCode).toBe(404);
    expect((await fixture.call(viewer, 'POST', `${ORG}/report-schedules/weekly/run`)).status).toBe(403);
    await make((JSON.parse(first.body) as { id: number }).id);
    const { items } = JSON.parse((await get('report-schedules')).body) as { items: { last: unknown }[] };
    expect(items[0]?.last).toMatchObject({
      status: 'made',
      files: [expect.any(Number), expect.any(Number)],
      revision: expect.any(String) as string,
    });
    expect(await fixture.db.query(`select actor from audit where action = 'reports.run'`)).toHaveLength(1);
  });

  it('are listed in the archive, a page at a time, by what is asked', async () => {
    const all = await files();
    expect(all.map(({ format }) => format)).toEqual(['xlsx', 'html']);
    const page = JSON.parse((await get('report-archive?limit=1')).body) as { next_cursor: string };
    expect((await files(`?limit=1&cursor=${page.next_cursor}`)).map(({ format }) => format)).toEqual(['html']);
    for (const [query, count] of [
      ['?kind=executive&format=html&schedule=weekly', 1],
      ['?kind=carrier', 0],
      ['?schedule=ends', 0],
      ['?from=2026-03-01T12:10:00Z&to=2026-03-02T00:00:00Z', 2],
      ['?to=2026-03-01T12:10:00Z', 0],
    ] as const)
      expect([query, (await files(query)).length]).toEqual([query, count]);
    expect((await get('report-archive?cursor=WyJhIl0')).statusCode).toBe(400);
  });

  it('are the same bytes under the same tag when they are packed, and nobody else gets them', async () => {
    const ids = (await files()).map(({ id }) => String(id));
    const read = (headers = {}) => Promise.all(ids.map((id) => get(`report-archive/${id}`, headers)));
    const fresh = await read();
    expect(fresh.map(({ headers }) => headers['content-disposition'])).toEqual(
      (await files()).map(({ name }) => `inline; filename="${name}"`),
    );
    expect(fresh[1]?.headers['content-security-policy']).toContain('sandbox');
    expect(await packReports(fixture.db, NOW + 7 * DAY_MS, NOW + 7 * DAY_MS)).toBe(2);
    for (const [i, later] of (await read()).entries()) {
      expect(later.rawPayload.equals(fresh[i]?.rawPayload ?? Buffer.alloc(0))).toBe(true);
      expect(later.headers['etag']).toBe(fresh[i]?.headers['etag']);
    }
    const [known] = await read({ 'if-none-match': String(fresh[0]?.headers['etag']) });
    expect([known?.statusCode, known?.rawPayload.length]).toEqual([304, 0]);
    expect((await files()).map(({ archived_at }) => archived_at)).toEqual(['2026-03-08T12:10:00Z', '2026-03-08T12:10:00Z']);
    const [html] = await fixture.db.query<{ packing: string; stored: number; bytes: number }>(
      `select packing, length(body) as stored, bytes from report_file where format = 'html'`,
    );
    expect(html).toMatchObject({ packing: 'gzip' });
    expect(html?.stored).toBeLessThan((html?.bytes ?? 0) / 2);
    const birch = await fixture.key('admin', 'org-birch');
    expect((await fixture.call(birch, 'GET', `/v1/orgs/org-birch/report-archive/${ids[1] ?? ''}`)).status).toBe(404);
  });
});
