import { ensurePartitions } from '@app/shared';
import { seedTagged, startApi, taggedSite, type ApiFixture } from '../api.fixture.js';

interface Replayed {
  readonly hours: number;
  readonly circuits: number;
  readonly sites: number;
  readonly rules: readonly {
    readonly rule: string;
    readonly basis: string;
    readonly notes: readonly string[];
    readonly now: { alerts: number };
    readonly changed: { alerts: number; by_severity: Record<string, number> };
    readonly stored: { alerts: number; told: number; sent: number };
    readonly kept: number;
    readonly added: number;
    readonly gone: number;
    readonly new_alerts: readonly Record<string, unknown>[];
    readonly gone_alerts: readonly Record<string, unknown>[];
  }[];
}

const HOUR_MS = 3_600_000;
/** The seed puts the last of these into the hour before now. */
const busy = [10, 10, 86, 87, 88, 30, 10, 10].map((utilizationPct) => ({ rxBytes: 1_000, utilizationPct }));
const PERIOD = { from: '2026-03-01T00:00:00Z', to: '2026-03-01T12:00:00Z' };

describe('rules tried on stored hours', () => {
  let fixture: ApiFixture;
  let operator: string;
  let orgId: number;
  let firstHour: number;
  beforeAll(async () => {
    fixture = await startApi();
    const circuit = { mac: 'mac-alder', portId: 'ge-0/0/0', name: 'Circuit alder', state: 'up' as const, hours: busy };
    ({ orgId } = await seedTagged(fixture.db, 'alder', [{ ...taggedSite('alder'), circuits: [circuit] }]));
    const [first] = await fixture.db.query<{ hour: Date }>('select min(hour) as hour from circuit_hour');
    firstHour = first?.hour.getTime() ?? 0;
    operator = await fixture.key('operator', 'org-alder');
  });
  afterAll(() => fixture.close());

  const replay = async (rules: unknown, period: Readonly<Record<string, string>> = PERIOD) => {
    const answer = await fixture.call(operator, 'POST', '/v1/orgs/org-alder/replay', { ...period, rules });
    return { status: answer.status, body: answer.body, json: JSON.parse(answer.body) as Replayed };
  };

  it('say how many alerts a lower threshold would have opened, and which', async () => {
    const { status, body, json } = await replay([{ id: 'congestion', thresholds: { major: 85 }, clearThreshold: 80 }]);
    expect([status, body]).toEqual([200, body]);
    expect(json).toMatchObject({ hours: 12, circuits: 1, sites: 0 });
    // Two bad hours fire it, two good ones end it: 86, 87 | 88, then 30 and 10.
    expect(json.rules).toEqual([
      {
        rule: 'congestion',
        basis: 'hours',
        notes: [],
        now: { alerts: json.rules[0]?.now.alerts },
        changed: { alerts: 1, by_severity: { major: 1 } },
        stored: { alerts: 0, told: 0, sent: 0 },
        kept: 0,
        added: 1,
        gone: 0,
        new_alerts: [
          {
            alert_id: null,
            subject: 'mac-alder:ge-0/0/0',
            severity: 'major',
            fired_at: timeText(firstHour + 4 * HOUR_MS),
            resolved_at: timeText(firstHour + 7 * HOUR_MS),
          },
        ],
        gone_alerts: [],
      },
    ]);
  });

  it('say what would not have been: there was an alert, and a higher threshold tells nothing', async () => {
    const [alert] = await fixture.db.query<{ id: number }>(
      `insert into alert (org_id, rule, subject, circuit_id, state, status, severity, since, fired_at, resolved_at, observed_at)
       select org_id, 'congestion', 'circuit:' || id, id, '{"kind":"ok","observedAt":0,"breached":false,"flips":[]}', 'resolved', 'major', $2, $2, $3, $3
       from circuit where org_id = $1 returning id`,
      [orgId, new Date(firstHour + 4 * HOUR_MS + 60_000), new Date(firstHour + 7 * HOUR_MS)],
    );
    const higher = (await replay([{ id: 'congestion', thresholds: { major: 95 } }])).json.rules[0];
    expect(higher).toMatchObject({ changed: { alerts: 0 }, stored: { alerts: 1 }, kept: 0, added: 0, gone: 1 });
    expect(higher?.gone_alerts).toMatchObject([{ alert_id: alert?.id, subject: 'mac-alder:ge-0/0/0' }]);
    const lower = (await replay([{ id: 'congestion', thresholds: { major: 85 }, clearThreshold: 80 }])).json.rules[0];
    expect(lower).toMatchObject({ changed: { alerts: 1 }, kept: 1, added: 0, gone: 0 });
    const off = (await replay([{ id: 'congestion', enabled: false }])).json.rules[0];
    expect(off).toMatchObject({ changed: { alerts: 0 }, gone: 1 });
  });

  it('may be new ones, for some circuits only', async () => {
    const rule = { id: 'busy', name: 'Busy', metric: 'utilization', threshold: 80, badCount: 1 };
    const matched = (await replay([{ ...rule, match: { regions: ['Region alder'] } }])).json;
    expect(matched.rules).toMatchObject([{ rule: 'custom:busy', now: { alerts: 0 }, changed: { alerts: 1 }, added: 1 }]);
    const other = (await replay([{ ...rule, match: { regions: ['Elsewhere'] } }])).json;
    expect(other).toMatchObject({ circuits: 0, rules: [{ changed: { alerts: 0 } }] });
  });

  it('may wait longer for a circuit that is down: its known states are stored', async () => {
    await fixture.db.query(
      `insert into circuit_state (org_id, circuit_id, from_at, to_at, state) select org_id, id, t.f, t.t, t.s from circuit,
         (values ($2::timestamptz, $3::timestamptz, 'up'), ($3, $4, 'down'), ($4, $5, 'up'), ($5, $6, 'down'), ($6, $7, 'up')) as t (f, t, s)
       where org_id = $1`,
      [orgId, ...[-60, 0, 3, 180, 240, 400].map((minutes) => new Date(firstHour + minutes * 60_000))],
    );
    const { json, body } = await replay([{ id: 'circuit-down', forMinutes: 10 }]);
    expect(json.rules).toMatchObject([
      { rule: 'circuit-down', basis: 'states', now: { alerts: 2 }, changed: { alerts: 1 }, added: 1, gone: 0 },
    ]);
    expect([body, json.rules[0]?.new_alerts[0]?.['fired_at']]).toEqual([body, timeText(firstHour + 190 * 60_000)]);
  });

  it('change nothing', async () => {
    const count = () =>
      fixture.db.query('select (select count(*) from alert) as alerts, (select count(*) from outbox) as outbox');
    const before = await count();
    await replay([{ id: 'congestion', thresholds: { major: 20 } }]);
    expect(await count()).toEqual(before);
  });

  it.each([
    [[]],
    [[{ id: 'no-such-thing' }]],
    [[{ id: 'congestion', nonsense: 1 }]],
    [[{ id: 'congestion', thresholds: { major: '${SECRET}' } }]],
    [[{ id: 'no-data', enabled: false }]],
    [[{ id: 'custom:x', metric: 'trend:loss', threshold: 5 }]],
    ['congestion'],
  ])('are refused as %j', async (rules) => {
    expect((await replay(rules)).status).toBe(400);
  });

  it.each([
    [{ from: PERIOD.to, to: PERIOD.from }],
    [{ from: '2024-01-01T00:00:00Z', to: PERIOD.to }],
    [{ from: 'x', to: PERIOD.to }],
  ])('are refused over %j', async (period) => {
    expect((await replay([{ id: 'congestion', badCount: 3 }], period)).status).toBe(400);
  });

  describe('about service levels', () => {
    const at = (minutes: number): Date => new Date(firstHour + minutes * 60_000);
    beforeAll(async () => {
      await ensurePartitions(fixture.db, 'sle_sample', [firstHour, firstHour + 8 * HOUR_MS]);
      await ensurePartitions(fixture.db, 'site_sle_hour', [firstHour]);
      // The first hour is no longer stored poll by poll.
      await fixture.db.query(
        `insert into site_sle_hour (org_id, site_id, metric, hour, reading_score, reading_at) select org_id, id, 'coverage', $2, 0.6, $2 from site where org_id = $1`,
        [orgId, at(0)],
      );
      const polls = [0.95, 0.95, 0.75, 0.75, 0.95, 0.95, 0.95].map((score, i) => ({ at: at(61 + 15 * i), score }));
      await fixture.db.query(
        `insert into sle_sample (org_id, site_id, metric, at, received_at, score, num_clients)
         select s.org_id, s.id, 'coverage', u.at, u.at, u.score, 7 from site s, unnest($2::timestamptz[], $3::float8[]) as u (at, score) where s.org_id = $1`,
        [orgId, polls.map((poll) => poll.at), polls.map((poll) => poll.score)],
      );
    });

    it('are tried on each poll, and on hours where single polls are no longer stored', async () => {
      const [rule] = (await replay([{ id: 'sle', goodCount: 3 }])).json.rules;
      expect(rule).toMatchObject({
        basis: 'polls',
        notes: [`Before ${at(61).toISOString()} only hours are stored: each counts as one poll.`],
        now: { alerts: 2 },
        changed: { alerts: 1, by_severity: { critical: 1 } },
      });
      expect(rule?.new_alerts).toMatchObject([
        { severity: 'critical', fired_at: timeText(+at(60)), resolved_at: timeText(+at(151)) },
      ]);
    });

    it('follow other thresholds', async () => {
      const coverage = { warning: 0.8, major: 0.7, critical: 0.65 };
      const answer = await fixture.call(operator, 'POST', '/v1/orgs/org-alder/replay', {
        ...PERIOD,
        thresholds: { default: { coverage } },
      });
      expect([answer.status, answer.body]).toEqual([200, answer.body]);
      const { rules } = JSON.parse(answer.body) as Replayed;
      expect(rules).toMatchObject([{ rule: 'sle', now: { alerts: 2 }, changed: { alerts: 1 } }]);
      const disordered = { ...PERIOD, thresholds: { default: { coverage: { major: 0.1 } } } };
      expect((await fixture.call(operator, 'POST', '/v1/orgs/org-alder/replay', disordered)).status).toBe(400);
    });
  });

  const timeText = (at: number): string => new Date(at).toISOString().replace('.000Z', 'Z');
});
