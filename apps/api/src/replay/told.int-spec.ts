import { addSilence, parseSettings } from '@app/shared';
import { seedTagged, startApi, taggedSite, type ApiFixture } from '../api.fixture.js';
import { replayRules } from './replay.js';
import { readTakings } from './world.repository.js';

interface Side {
  readonly incidents: number;
  readonly notices: number;
  readonly by_reason: Readonly<Record<string, number>>;
}
interface Told {
  readonly left_out: string | null;
  readonly sent: number;
  readonly now: Side;
  readonly changed: Side;
  readonly destinations: readonly Record<string, unknown>[];
  readonly rules: readonly Record<string, unknown>[];
  readonly kept: number;
  readonly added_notices: readonly Record<string, unknown>[];
  readonly gone_notices: readonly Record<string, unknown>[];
  readonly notes: readonly string[];
}
interface Replayed {
  readonly rules: readonly {
    readonly basis: string;
    readonly now: { alerts: number };
    readonly changed: { alerts: number };
    readonly notes: readonly string[];
    readonly stored: { alerts: number; sent: number };
    readonly new_alerts: readonly Record<string, unknown>[];
  }[];
  readonly notices: Told;
}

const MINUTE = 60_000;
const T0 = Date.UTC(2026, 2, 1, 4);
const at = (minute: number): Date => new Date(T0 + minute * MINUTE);
const text = (minute: number): string => at(minute).toISOString().replace('.000Z', 'Z');
const NOC = 'email:noc@example.com';

describe('rules tried on the past, and what they would have sent', () => {
  let fixture: ApiFixture;
  let operator: string;
  let orgId: number;
  let ids: { siteId: number; first: number; second: number; third: number };
  beforeAll(async () => {
    fixture = await startApi({ yaml: `email: { smtpUrl: 'smtp://127.0.0.1:1', from: a@example.com, to: [noc@example.com] }` });
    const circuit = (portId: string) => ({ mac: 'gw-alder', portId, name: `Circuit ${portId}`, state: 'up' as const, hours: [] });
    const site = { ...taggedSite('alder'), circuits: [circuit('ge-0/0/0'), circuit('ge-0/0/1')] };
    const other = { ...taggedSite('alder'), id: 'site-beech', circuits: [{ ...circuit('ge-0/0/2'), mac: 'gw-beech' }] };
    ({ orgId } = await seedTagged(fixture.db, 'alder', [site, other]));
    await fixture.db.query('delete from alert_change');
    await fixture.db.query('delete from alert');
    await fixture.db.query('update circuit set is_live = true');
    const circuits = await fixture.db.query<{ id: number; siteId: number }>(
      'select id, site_id as "siteId" from circuit order by port_id',
    );
    ids = {
      siteId: circuits[0]?.siteId ?? 0,
      first: circuits[0]?.id ?? 0,
      second: circuits[1]?.id ?? 0,
      third: circuits[2]?.id ?? 0,
    };
    await known(ids.first, [-60, 0, 3, 180, 240, 400]);
    await known(ids.second, [-60, 200, 230, 400]);
    await wasTold(ids.first, 0, 5);
    await wasTold(ids.first, 180, 242);
    operator = await fixture.key('operator', 'org-alder');
  });
  afterAll(() => fixture.close());

  /** Stretches of a circuit between these minutes; the first is up, the next down, and so on. */
  async function known(circuitId: number, minutes: readonly number[]): Promise<void> {
    const stretches = minutes.slice(1).map((to, i) => ({ from: minutes[i] ?? 0, to, state: i % 2 === 0 ? 'up' : 'down' }));
    for (const { from, to, state } of stretches)
      await fixture.db.query(
        'insert into circuit_state (org_id, circuit_id, from_at, to_at, state) values ($1, $2, $3, $4, $5)',
        [orgId, circuitId, at(from), at(to), state],
      );
  }

  /** An alert of a circuit in an incident of its own, told when it began and when it ended. */
  async function wasTold(circuitId: number, from: number, to: number): Promise<void> {
    const [alert] = await fixture.db.query<{ id: number }>(
      `insert into alert (org_id, rule, subject, site_id, circuit_id, state, status, severity, since, fired_at, resolved_at, observed_at)
       values ($1, 'circuit-down', 'circuit:' || $3::int, $2, $3::int, '{"kind":"ok"}', 'resolved', 'major', $4, $4, $5, $5) returning id`,
      [orgId, ids.siteId, circuitId, at(from), at(to)],
    );
    await fixture.db.query(
      `insert into alert_change (org_id, alert_id, seq, at, from_status, to_status, severity, reason) values
       ($1, $2, 1, $3, null, 'firing', 'major', 'fired-at-once'), ($1, $2, 2, $4, 'firing', 'resolved', 'major', 'good-lasted')`,
      [orgId, alert?.id, at(from), at(to)],
    );
    await fixture.db.query(
      `with i as (insert into incident (org_id, group_key, title, severity, opened_at, resolved_at)
         values ($1, 'wan:site:' || $2::int, 'Site alder: circuit down', 'major', $3, $4) returning id),
       m as (insert into incident_alert (org_id, incident_id, alert_id, severity, joined_at, resolved_at) select $1, id, $5, 'major', $3, $4 from i)
       insert into delivery (org_id, incident_id, step, destination, channel, reason, status, created_at, due_at, notification)
       select $1, i.id, n.step, '${NOC}', 'email', n.reason, 'sent', n.at, n.at, '{}'
       from i, (values (1, 'opened', $3::timestamptz), (2, 'recovered', $4::timestamptz)) as n (step, reason, at)`,
      [orgId, ids.siteId, at(from), at(to), alert?.id],
    );
  }

  const replay = async (rules: readonly unknown[]) => {
    const body = { from: text(-60), to: text(480), rules };
    const answer = await fixture.call(operator, 'POST', '/v1/orgs/org-alder/replay', body);
    return { status: answer.status, body: answer.body, json: JSON.parse(answer.body) as Replayed };
  };

  const tried = (rules: readonly unknown[], limits: { readonly mostHours: number; readonly mostAlerts: number }) =>
    replayRules(fixture.db, {
      settings: parseSettings('', {}),
      org: { id: orgId, externalId: 'org-alder' },
      span: { from: +at(-60), to: +at(480) },
      changes: parseSettings(JSON.stringify({ rules }), {}),
      ...limits,
    });

  it('say which notices a more patient rule would have saved, beside those that were sent', async () => {
    const { json, body } = await replay([{ id: 'circuit-down', forMinutes: 10 }]);
    expect([body, json.notices]).toMatchObject([
      body,
      {
        left_out: null,
        sent: 4,
        now: { incidents: 2, notices: 5, by_reason: { opened: 2, 'members-added': 1, recovered: 2 } },
        changed: { incidents: 1, notices: 3, by_reason: { opened: 1, 'members-added': 1, recovered: 1 } },
        destinations: [{ destination: NOC, sent: 4, now: 5, changed: 3 }],
        rules: [{ rule: 'circuit-down', sent: 4, now: 5, changed: 3 }],
        kept: 2,
        added: 1,
        gone: 2,
      },
    ]);
    expect(json.notices.added_notices).toMatchObject([{ at: text(210), destination: NOC, reason: 'members-added' }]);
    expect(json.notices.gone_notices).toMatchObject([
      { at: text(0), reason: 'opened', about: 'Site alder: circuit down' },
      { at: text(5), reason: 'recovered' },
    ]);
    expect(json.notices.notes.length).toBeGreaterThan(0);
  });

  it('send nothing of what was silenced then', async () => {
    const silence = {
      matcher: { sites: ['site-alder'] },
      reason: 'r',
      owner: 'o',
      from: T0 + 170 * MINUTE,
      to: T0 + 300 * MINUTE,
    };
    await addSilence(fixture.db, orgId, silence, { at: at(-100), actor: 'key:1' });
    const { json } = await replay([{ id: 'circuit-down', forMinutes: 10 }]);
    await fixture.db.query('delete from silence');
    expect(json.notices).toMatchObject({ sent: 4, now: { notices: 2 }, changed: { notices: 0 }, gone_notices: [{}, {}, {}, {}] });
  });

  it('may be about sites: down while no circuit is up, with what hangs below them held back', async () => {
    const { json, body } = await replay([{ id: 'site-down', forMinutes: 15 }]);
    expect([body, json.rules]).toMatchObject([
      body,
      [{ basis: 'reachability', now: { alerts: 1 }, changed: { alerts: 1 }, new_alerts: [{ fired_at: text(215) }] }],
    ]);
    const severe = { opened: 2, 'severity-raised': 1, recovered: 2 };
    expect([json.notices.now.by_reason, json.notices.changed.by_reason]).toEqual([severe, severe]);
    const never = await replay([{ id: 'site-down', forMinutes: 60 }]);
    expect(never.json.notices.changed).toMatchObject({ by_reason: { opened: 2, recovered: 2 } });
  });

  it('may be about flapping and failovers', async () => {
    await known(ids.third, [-60, 300, 305, 310, 315, 460]);
    await fixture.db.query(
      `insert into failover (org_id, site_id, primary_id, backup_id, started_at, decided_at, ended_at, trigger, why, ended_by)
       values ($1, $2, $3, $4, $5, $6, $7, 'poll', 'down', 'carries')`,
      [orgId, ids.siteId, ids.first, ids.second, at(180), at(185), at(240)],
    );
    const { json, body } = await replay([
      { id: 'flapping', severity: 'warning' },
      { id: 'failover', forMinutes: 90 },
    ]);
    expect([body, json.rules]).toMatchObject([
      body,
      [
        {
          basis: 'states',
          now: { alerts: 1 },
          changed: { alerts: 1 },
          new_alerts: [{ severity: 'warning', fired_at: text(315), resolved_at: text(375) }],
        },
        { basis: 'failovers', now: { alerts: 1 }, changed: { alerts: 0 } },
      ],
    ]);
    expect(json.rules.every(({ notes }) => notes.length > 0)).toBe(true);
  });

  it('lose nothing by what is no longer there: its alerts are left out, and counted', async () => {
    await fixture.db.query('update circuit set disabled = true where id = $1', [ids.first]);
    const { json, body } = await replay([{ id: 'circuit-down', forMinutes: 10 }]);
    await fixture.db.query('update circuit set disabled = false');
    expect([body, json.rules[0], json.notices]).toMatchObject([
      body,
      { stored: { alerts: 0, sent: 0 }, changed: { alerts: 2 }, kept: 0, added: 2, gone: 0 },
      { sent: 0, kept: 0, added: 4, gone: 0 },
    ]);
    expect([json.rules[0]?.notes.at(-1), json.notices.notes.at(-1)]).toEqual([
      'Left out: alerts of sites and circuits that are no longer there or disabled (2).',
      'Left out: notices about nothing but sites and circuits that are no longer there or disabled (4).',
    ]);
  });

  it('are refused where they are too much: each rule counts', async () => {
    const rule = { id: 'circuit-down', forMinutes: 10 };
    // 3 circuits over 9 hours and the day before.
    expect((await tried([rule], { mostHours: 99, mostAlerts: 9 })).hours).toBe(9);
    await expect(tried([rule, { id: 'flapping', forMinutes: 10 }], { mostHours: 99, mostAlerts: 9 })).rejects.toThrow(
      '3 circuits and sites over 33 hours, tried with 2 rules, are too much to replay at once',
    );
  });

  it('leave notices out, and say so, where there are too many alerts', async () => {
    const { notices } = await tried([{ id: 'circuit-down', forMinutes: 1 }], { mostHours: 1_000, mostAlerts: 2 });
    expect(notices).toEqual({
      leftOut: expect.stringMatching(/^\d+ alerts, 0 of them of other rules, are more than the 2 /) as string,
    });
  });

  it('stay with those who took them days before, also where what is stored of them begins later', async () => {
    const { third } = ids;
    await fixture.db.query('delete from circuit_state where circuit_id = $1', [third]);
    await fixture.db.query(
      `insert into circuit_state (org_id, circuit_id, from_at, to_at, state) values ($1, $2, $3, $4, 'down')`,
      [orgId, third, at(-1_500), at(480)],
    );
    const [taken] = await fixture.db.query<{ incidentId: number }>(
      `with a as (insert into alert (org_id, rule, subject, site_id, circuit_id, state, status, severity, since, fired_at, observed_at)
         select $1, 'circuit-down', 'circuit:' || id, site_id, id, '{"kind":"ok"}', 'acknowledged', 'major', $3, $3, $3 from circuit where id = $2 returning id),
       c as (insert into alert_change (org_id, alert_id, seq, at, from_status, to_status, severity, reason)
         select $1, a.id, n.seq, n.at, n.was, n.became, 'major', n.reason from a, (values (1, $3::timestamptz, null, 'firing', 'fired-at-once'),
           (2, $4::timestamptz, 'firing', 'acknowledged', 'acknowledged')) as n (seq, at, was, became, reason)),
       i as (insert into incident (org_id, group_key, title, severity, opened_at) values ($1, 'wan:site:0', 'Circuit down', 'major', $3) returning id),
       m as (insert into incident_alert (org_id, incident_id, alert_id, severity, joined_at) select $1, i.id, a.id, 'major', $3 from i, a)
       insert into audit (org_id, at, actor, action, subject, details)
       select $1, $4, 'key:1', 'incident.acknowledge', 'incident:' || id, '{"by":"Example Person"}' from i
       returning substr(subject, 10)::int as "incidentId"`,
      [orgId, third, at(-4_320), at(-4_300)],
    );
    const stored = await readTakings(fixture.db, orgId, { from: +at(-1_500), to: +at(480) });
    expect(stored).toEqual([{ incidentId: taken?.incidentId, at: +at(-4_300), by: 'Example Person', until: null }]);
    const { json, body } = await replay([{ id: 'circuit-down', forMinutes: 10 }]);
    const { now, changed } = json.notices;
    expect([body, now.by_reason, changed.by_reason]).toEqual([
      body,
      { opened: 2, 'members-added': 1, recovered: 2 },
      { opened: 1, 'members-added': 1, recovered: 1 },
    ]);
  });

  it('are refused by name where nothing is stored to try them on', async () => {
    const { status, body } = await replay([{ id: 'token-trouble', severity: 'major' }]);
    expect([status, body]).toEqual([400, expect.stringContaining('The rule token-trouble cannot be tried on the past: ')]);
  });
});
