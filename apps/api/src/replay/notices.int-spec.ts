import { acknowledgeIncident, addSilence } from '@app/shared';
import { NOW, seedTagged, startApi, taggedSite, type ApiFixture } from '../api.fixture.js';

interface Tally {
  readonly incidents: number;
  readonly notices: number;
  readonly digests: number;
  readonly by_reason: Readonly<Record<string, number>>;
}
interface Replayed {
  readonly incidents: number;
  readonly sent: number;
  readonly now: Tally;
  readonly changed: Tally;
  readonly destinations: readonly { readonly destination: string; readonly now: number; readonly changed: number }[];
  readonly differing: number;
  readonly differing_incidents: readonly Record<string, unknown>[];
  readonly notes: readonly string[];
}

const MINUTE = 60_000;
const CONFIGURATION = `
email: { smtpUrl: 'smtp://127.0.0.1:1', from: a@example.com, to: [noc@example.com] }
people: { anna: ['email:anna@example.com'], bo: ['email:bo@example.com'] }
rotas: [{ id: network, timezone: UTC, from: '2026-01-05T09:00', turnDays: 1, members: [anna, bo] }]
`;

describe('policies tried on past incidents', () => {
  let fixture: ApiFixture;
  let operator: string;
  let orgId: number;
  let start: number;
  beforeAll(async () => {
    fixture = await startApi({ yaml: CONFIGURATION });
    const beech = { ...taggedSite('alder'), id: 'site-beech', circuits: [] };
    ({ orgId } = await seedTagged(fixture.db, 'alder', [taggedSite('alder'), beech]));
    const sites = await fixture.db.query<{ id: number }>('select id from site order by id');
    await fixture.db.query('delete from alert_change');
    await fixture.db.query('delete from alert');
    start = NOW - 20 * 60 * MINUTE;
    await incident(sites[0]?.id ?? 0, { from: 0, to: 600, severity: 'critical', sent: 4 });
    await incident(sites[1]?.id ?? 0, { from: 60, to: 90, severity: 'major', sent: 2 });
    operator = await fixture.key('operator', 'org-alder');
  });
  afterAll(() => fixture.close());

  const at = (minutes: number): Date => new Date(start + minutes * MINUTE);

  /** A site-down alert of ten hours, say, in an incident of its own, told so often. */
  async function incident(
    siteId: number,
    { from, to, severity, sent }: { from: number; to: number; severity: string; sent: number },
  ) {
    const [alert] = await fixture.db.query<{ id: number }>(
      `insert into alert (org_id, rule, subject, site_id, state, status, severity, since, fired_at, resolved_at, observed_at)
       values ($1, 'site-down', 'site:' || $2::int, $2::int, '{"kind":"ok"}', 'resolved', $5, $3, $3, $4, $4) returning id`,
      [orgId, siteId, at(from), at(to), severity],
    );
    await fixture.db.query(
      `insert into alert_change (org_id, alert_id, seq, at, from_status, to_status, severity, reason) values
       ($1, $2, 1, $3, null, 'firing', $5, 'fired-at-once'), ($1, $2, 2, $4, 'firing', 'resolved', $5, 'good-lasted')`,
      [orgId, alert?.id, at(from), at(to), severity],
    );
    const [row] = await fixture.db.query<{ id: number }>(
      `with i as (insert into incident (org_id, group_key, title, severity, opened_at, resolved_at) values ($1, 'wan:site:' || $2::int, 'Site ' || $2::int, $5, $3, $4) returning id),
         m as (insert into incident_alert (org_id, incident_id, alert_id, severity, joined_at, resolved_at) select $1, id, $6, $5, $3, $4 from i)
       select id from i`,
      [orgId, siteId, at(from), at(to), severity, alert?.id],
    );
    for (let step = 1; step <= sent; step += 1)
      await fixture.db.query(
        `insert into delivery (org_id, incident_id, step, destination, channel, reason, status, created_at, due_at, notification)
         values ($1, $2, $3, 'email:noc@example.com', 'email', 'repeat', 'sent', $4, $4, '{}')`,
        [orgId, row?.id, step, at(from + step)],
      );
  }

  const replay = async (sections: Record<string, unknown>) => {
    const period = { from: at(-60).toISOString(), to: at(20 * 60).toISOString() };
    const answer = await fixture.call(operator, 'POST', '/v1/orgs/org-alder/replay/notices', { ...period, ...sections });
    return { status: answer.status, body: answer.body, json: JSON.parse(answer.body) as Replayed };
  };

  it('say what was sent, what the rules as they are would send, and what others would', async () => {
    const { status, body, json } = await replay({ alerts: { repeatMinutes: 60 } });
    expect([status, body]).toEqual([200, body]);
    expect(json).toMatchObject({
      incidents: 2,
      sent: 6,
      now: { incidents: 2, notices: 6, by_reason: { opened: 2, repeat: 2, recovered: 2 } },
      changed: { incidents: 2, notices: 13, by_reason: { opened: 2, repeat: 9, recovered: 2 } },
      destinations: [{ destination: 'email:noc@example.com', sent: 6, now: 6, changed: 13 }],
      differing: 1,
      differing_incidents: [{ severity: 'critical', sent: 4, now: 4, changed: 11, first_changed_at: wholeSecond(at(0.5)) }],
    });
    expect(json.notes.length).toBeGreaterThan(0);
  });

  it('follow policies, rotas and who was on call then', async () => {
    const policies = [
      { id: 'critical', match: { severities: ['critical'] }, steps: [{ to: ['rota:network'], repeats: 0 }] },
      { id: 'rest', steps: [{ to: ['email'], repeats: 0 }], digest: { at: '08:00', timezone: 'UTC', below: 'critical' } },
    ];
    const { json, body } = await replay({ policies });
    expect([body, json.changed]).toEqual([
      body,
      { incidents: 2, notices: 4, in_digests: 2, digests: 1, by_reason: { opened: 2, recovered: 2 } },
    ]);
    const rota = json.destinations.filter(({ destination }) => destination !== 'email:noc@example.com');
    expect(rota).toMatchObject([{ now: 0, changed: 2 }]);
  });

  it('take silences in the place of those there were', async () => {
    await addSilence(
      fixture.db,
      orgId,
      { matcher: { severities: ['critical'] }, reason: 'r', owner: 'o', from: start - MINUTE, to: start + 700 * MINUTE },
      { at: at(-1), actor: 'key:1' },
    );
    const { json } = await replay({ silences: [] });
    expect([json.now.notices, json.changed.notices]).toEqual([2, 6]);
    const all = [{ match: {}, from: at(0).toISOString(), to: at(1000).toISOString() }];
    expect((await replay({ silences: all })).json.changed).toMatchObject({ incidents: 0, notices: 0 });
    await fixture.db.query('delete from silence');
  });

  it('assume that people take what they took', async () => {
    const [first] = await fixture.db.query<{ id: number }>('select min(id) as id from incident');
    await fixture.db.query('update incident set resolved_at = null');
    const request = { incidentId: first?.id ?? 0, by: 'Example Person', until: null, note: null };
    await acknowledgeIncident(fixture.db, orgId, request, { at: at(30), actor: 'key:1' });
    await fixture.db.query('update incident set resolved_at = $1', [at(600)]);
    expect((await replay({ alerts: { repeatMinutes: 60 } })).json.changed.by_reason).toEqual({ opened: 2, recovered: 2 });
    const impatient = [{ id: 'impatient', ackTimeoutMinutes: 120, steps: [{ to: ['everybody'], repeats: 0 }] }];
    expect((await replay({ policies: impatient })).json.changed.by_reason).toMatchObject({ 'acknowledgement-expired': 1 });
  });

  it.each([
    [{}],
    [{ policies: [{ id: 'p', steps: [{ to: ['rota:none'] }] }] }],
    [{ alerts: { siteDownForSeconds: 1 } }],
    [{ silences: [{ match: { sites: [] }, from: 'x', to: 'y' }] }],
    [{ rules: [] }],
  ])('are refused as %j', async (sections) => {
    expect((await replay(sections)).status).toBe(400);
  });

  it('change nothing', async () => {
    const count = () =>
      fixture.db.query('select (select count(*) from delivery) as d, (select count(*) from incident_decision) as i');
    const before = await count();
    await replay({ alerts: { repeatMinutes: 10 } });
    expect(await count()).toEqual(before);
  });

  const wholeSecond = (time: Date): string => time.toISOString().replace('.000Z', 'Z');
});
