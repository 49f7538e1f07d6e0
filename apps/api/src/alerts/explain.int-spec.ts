import { NOW, seedIncident, seedTagged, startApi, type ApiFixture } from '../api.fixture.js';

interface Line {
  readonly at: string | null;
  readonly text: string;
}

describe('an explanation', () => {
  let fixture: ApiFixture;
  let viewer: string;
  let orgId: number;
  let alertId: number;
  beforeAll(async () => {
    fixture = await startApi();
  });
  beforeEach(async () => {
    await fixture.db.query('truncate org cascade');
    ({ orgId, alertId } = await seedTagged(fixture.db, 'alder'));
    viewer = await fixture.key('viewer', 'org-alder');
  });
  afterAll(() => fixture.close());

  const explain = async (rest: string): Promise<Line[]> => {
    const { status, body } = await fixture.call(viewer, 'GET', `/v1/orgs/org-alder/${rest}/explain`);
    expect([status, body]).toEqual([200, body]);
    return (JSON.parse(body) as { lines: Line[] }).lines;
  };
  const ofAlert = async (): Promise<string[]> => (await explain(`alerts/${String(alertId)}`)).map(({ text }) => text);

  it('tells what was seen, who was told, what they answered, and how it stands', async () => {
    await seedIncident(fixture.db, { orgId, alertId, tag: 'alder' });
    expect(await ofAlert()).toEqual([
      'firing (critical): it was seen, and the rule does not wait',
      expect.stringMatching(/^joined incident \d+ "Incident alder"$/),
      'people are told: it is a new incident (policy policy alder)',
      'email:alder@example.com did not take it, and it was given up (opened): 550 no such user',
      'site-down about site Site alder is firing (critical). Nobody has been told: every attempt to reach somebody failed.',
    ]);
  });

  it('says that nobody has seen it yet', async () => {
    expect((await ofAlert()).at(-1)).toBe(
      'site-down about site Site alder is firing (critical). Nobody has been told: the notifier has not seen it yet, or it was over when it did.',
    );
  });

  it('says what holds it back', async () => {
    const { incidentId } = await seedIncident(fixture.db, { orgId, alertId, tag: 'alder' });
    await fixture.db.query('truncate delivery cascade');
    await fixture.db.query(`update alert set suppressed_by = 'silence:7'`);
    await fixture.db.query(
      `insert into incident_decision (org_id, incident_id, seq, at, reason, detail) values ($1, $2, 2, $3, 'silenced', '{"suppressedBy": {"silence:7": 1}}')`,
      [orgId, incidentId, new Date(NOW + 60_000)],
    );
    expect((await ofAlert()).slice(-2)).toEqual([
      'nobody is told: it is silenced (silence:7)',
      'site-down about site Site alder is suppressed (critical). Held back now: silence 7 covers it. Nobody has been told: it is silenced.',
    ]);
  });

  it('shows figures and their limits, in the order of time', async () => {
    await fixture.db.query(
      `insert into alert_change (org_id, alert_id, seq, at, from_status, to_status, severity, reason, data)
       values ($1, $2, 2, $3, 'firing', 'resolved', 'critical', 'good-lasted', $4)`,
      [
        orgId,
        alertId,
        new Date(NOW + 60_000),
        JSON.stringify({ metric: 'utilization', value: 42.1234, threshold: 80, hour: NOW - 600_000 }),
      ],
    );
    const lines = await explain(`alerts/${String(alertId)}`);
    expect(lines[1]).toEqual({
      at: '2026-03-01T12:11:00Z',
      text: 'resolved (critical): it was good for as long and as often as the rule asks [utilization 42.123, limit 80; hour of 2026-03-01 12:00 UTC]',
    });
  });

  it('says of a site and of a circuit why there is an alert, or none', async () => {
    const site = (await explain('sites/site-alder')).map(({ text }) => text);
    expect(site[0]).toBe('1 open alert about site Site alder: ask for the story of each by its number.');
    expect(site[1]).toBe(`Alert ${String(alertId)}: site-down, firing.`);
    expect(site).toContain('wan-ports was last read 1 min ago.');
    const circuit = (await explain('circuits/mac-alder:ge-0/0/0')).map(({ text }) => text);
    expect(circuit[0]).toBe('There is no open alert about circuit Circuit alder of Site alder.');
    expect(circuit).toContainEqual(expect.stringMatching(/^Circuit Circuit alder: /));
    expect(circuit).toContain('Switched off: trend.');
  });

  it.each(['alerts/999999', 'sites/none', 'circuits/none'])('knows nothing of %s', async (what) => {
    expect((await fixture.call(viewer, 'GET', `/v1/orgs/org-alder/${what}/explain`)).status).toBe(404);
  });
});
