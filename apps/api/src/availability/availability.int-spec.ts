import { ensurePartitions } from '@app/shared';
import { NOW, seedTagged, startApi, taggedSite, type ApiFixture } from '../api.fixture.js';

const HOUR_MS = 3_600_000;
const ORG = '/v1/orgs/org-alder';
const CIRCUIT = `${ORG}/circuits/020000000101:ge-0%2F0%2F0`;

/** Ten hours before noon: up, but for 5:40 to 6:20; 8 o'clock came from an import and knows only its minutes. */
async function seed({ db }: ApiFixture): Promise<void> {
  const hours = Array.from({ length: 10 }, (_, i) => ({
    rxBytes: 1,
    utilizationPct: 1,
    ...(i === 3 || i === 4 ? { upMinutes: 40, downMinutes: 20 } : i === 6 ? { upMinutes: 30, downMinutes: 30 } : {}),
  }));
  const site = {
    ...taggedSite('alder'),
    circuits: [{ mac: '020000000101', portId: 'ge-0/0/0', name: 'main', state: 'up' as const, hours }],
  };
  await seedTagged(db, 'alder', [site]);
  await db.query('delete from circuit_state');
  await db.query(`update circuit_hour set source = 'imported' where hour = '2026-03-01T08:00:00Z'`);
  for (const [from, to, state] of [
    ['02:00', '05:40', 'up'],
    ['05:40', '06:20', 'down'],
    ['06:20', '08:00', 'up'],
    ['09:00', '12:00', 'up'],
  ] as const)
    await db.query(
      `insert into circuit_state (org_id, circuit_id, from_at, to_at, state) select org_id, id, $1, $2, $3 from circuit`,
      [`2026-03-01T${from}:00Z`, `2026-03-01T${to}:00Z`, state],
    );
}

describe('availability and maintenance', () => {
  let fixture: ApiFixture;
  let key: string;
  beforeEach(async () => {
    fixture = await startApi();
    await seed(fixture);
    key = await fixture.key('operator', 'org-alder');
  });
  afterEach(() => fixture.close());

  const get = async (url: string) => {
    const answer = await fixture.call(key, 'GET', url);
    if (answer.status !== 200) throw new Error(`${url}: ${String(answer.status)} ${answer.body}`);
    return JSON.parse(answer.body) as Record<string, never>;
  };
  const enter = async (body: Record<string, unknown>) => {
    const answer = await fixture.call(key, 'POST', `${ORG}/maintenance`, { name: 'work', scope: 'org', ...body });
    if (answer.status !== 200) throw new Error(answer.body);
    return JSON.parse(answer.body) as { id: number };
  };
  const today = (time: string): string => `2026-03-01T${time}:00Z`;
  const DAY = `?from=${today('02:00')}&to=${today('12:00')}`;

  it('tells gross and net by sums, the outages, and each month', async () => {
    await enter({ from: today('06:00'), to: today('06:30') });
    await enter({ from: today('06:10'), to: today('06:20'), scope: 'circuit', subject: '020000000101:ge-0/0/0' });
    await enter({ from: today('08:30'), to: today('09:00'), scope: 'site', subject: 'site-alder' });
    const answer = await get(`${CIRCUIT}/availability${DAY}`);
    expect(answer).toMatchObject({
      availability_pct: (530 / 600) * 100,
      coverage_pct: 100,
      minutes: { all: 600, up: 530, down: 70, unknown: 0 },
      // 6:00 to 6:30 held 20 down and 10 up minutes; half of the imported hour 15 and 15.
      net: { availability_pct: (505 / 540) * 100, minutes: { all: 540, up: 505, down: 35 } },
      maintenance_minutes: 60,
      outages: {
        count: 1,
        outside_maintenance: 1,
        longest_s: 2400,
        items: [{ start: today('05:40'), end: today('06:20'), end_known: true, in_maintenance: 'partly', maintenance_s: 1200 }],
      },
      months: [{ month: '2026-03', minutes: { all: 600 } }],
    });
    expect((await get(`${ORG}/sites/site-alder/availability${DAY}`))['net']).toEqual(answer['net']);
  });

  it('leaves out every time of a window that comes again, and shows the next five', async () => {
    const first = { from: '2026-02-22T06:00:00Z', to: '2026-02-22T06:30:00Z' };
    const weekly = { ...first, rrule: 'FREQ=WEEKLY;BYDAY=SU', timezone: 'Europe/Berlin' };
    const { id } = await enter(weekly);
    const net = { minutes: { all: 570, up: 520, down: 50 } };
    expect(await get(`${CIRCUIT}/availability${DAY}`)).toMatchObject({ net, maintenance_minutes: 30 });
    expect(await get(`${ORG}/availability?from=${today('00:00')}`)).toMatchObject({ maintenance_minutes: 30 });
    const stored = await get(`${ORG}/maintenance/${String(id)}`);
    // In Berlin it stays seven o'clock when the clocks change on 29 March.
    expect(stored).toMatchObject({
      rrule: weekly.rrule,
      timezone: weekly.timezone,
      next: [
        '2026-03-08T06:00:00Z',
        '2026-03-15T06:00:00Z',
        '2026-03-22T06:00:00Z',
        '2026-03-29T05:00:00Z',
        '2026-04-05T05:00:00Z',
      ].map((from): unknown => expect.objectContaining({ from })),
    });
  });

  it.each([
    [{ rrule: 'FREQ=MINUTELY', timezone: 'UTC' }, 'rrule'],
    [{ rrule: 'FREQ=DAILY', timezone: 'Mars/Olympus' }, 'zone'],
    [{ rrule: 'FREQ=DAILY' }, 'timezone'],
    [{ timezone: 'UTC' }, 'rrule'],
  ])('refuses %j', async (body, word) => {
    const whole = { name: 'work', scope: 'org', from: today('06:00'), to: today('07:00'), ...body };
    const answer = await fixture.call(key, 'POST', `${ORG}/maintenance`, whole);
    expect(answer.status).toBe(400);
    expect(answer.body).toContain(word);
  });

  it('gives the same before and after, and nothing known outside is null', async () => {
    expect((await get(`${CIRCUIT}/availability${DAY}`))['net']).toMatchObject({ availability_pct: (530 / 600) * 100 });
    const { id } = await enter({ from: today('00:00'), to: today('12:00') });
    expect((await get(`${CIRCUIT}/availability${DAY}`))['net']).toMatchObject({ availability_pct: null, coverage_pct: null });
    expect((await fixture.call(key, 'DELETE', `${ORG}/maintenance/${String(id)}`)).status).toBe(200);
    expect((await get(`${CIRCUIT}/availability${DAY}`))['net']).toMatchObject({ availability_pct: (530 / 600) * 100 });
    expect(await get(`${ORG}/maintenance`)).toMatchObject({ items: [] });
    expect(await get(`${ORG}/maintenance?cancelled=true`)).toMatchObject({
      items: [{ id, cancelled_at: '2026-03-01T12:10:00Z' }],
    });
  });

  it('takes thirteen calendar months by default, the rest of them unknown', async () => {
    const answer = await get(`${CIRCUIT}/availability`);
    expect(answer).toMatchObject({
      from: '2025-03-01T00:00:00Z',
      to: '2026-03-01T12:10:00Z',
      availability_pct: (530 / 600) * 100,
    });
    expect(answer['months']).toHaveLength(13);
    expect(answer['minutes']).toMatchObject({ all: ((Date.UTC(2026, 2, 1, 12) - Date.UTC(2025, 2, 1)) / HOUR_MS) * 60 });
  });

  it('carves maintenance out of a whole organization and a region as it does out of their circuits', async () => {
    await fixture.db.query(
      `insert into circuit (org_id, mac, port_id, site_id) select org_id, 'other', 'p', site_id from circuit`,
    );
    await fixture.db.query(
      `insert into circuit_hour select (jsonb_populate_record(h, jsonb_build_object('circuit_id', c.id))).* from circuit_hour h, circuit c where c.mac = 'other'`,
    );
    const copy = ensurePartitions(fixture.db, 'group_day', [NOW]);
    await copy;
    for (const [level, name] of [
      ['org', ''],
      ['region', 'Region alder'],
    ])
      await fixture.db.query(
        `insert into group_day (org_id, level, key, start, circuits, facts, covered_ms, util_hours, util_weight_ms, util_sum, up_ms, down_ms,
           latency_count, latency_sum, latency_sketched, jitter_count, jitter_sum, jitter_sketched, loss_count, loss_sum, loss_sketched, above,
           util_sketch, latency_sketch, jitter_sketch, loss_sketch)
         select org_id, $1, $2, '2026-03-01T00:00:00Z', 2, count(*), 0, 0, 0, 0, sum(up_ms), sum(down_ms), 0, 0, 0, 0, 0, 0, 0, 0, 0, '{}', '', '', '', ''
         from circuit_hour group by org_id`,
        [level, name],
      );
    await enter({ from: today('06:00'), to: today('06:30') });
    await enter({ from: today('06:20'), to: today('07:00'), scope: 'region', subject: 'Region alder' });
    await enter({ from: today('08:30'), to: today('09:10'), scope: 'provider', subject: 'nobody' });
    await enter({ from: today('10:00'), to: today('10:20') });
    const {
      net,
      minutes,
      maintenance_minutes: inside,
    } = await get(`${ORG}/sites/site-alder/availability?from=${today('00:00')}`);
    for (const url of [`${ORG}/availability`, `${ORG}/regions/Region%20alder/availability`])
      expect(await get(`${url}?from=${today('00:00')}`)).toMatchObject({ net, minutes, maintenance_minutes: inside });
    expect((await fixture.call(key, 'GET', `${ORG}/regions/nowhere/availability`)).status).toBe(404);
  });

  it('lists outages page by page and says when an end is not known', async () => {
    await fixture.db.query(
      `insert into circuit_state (org_id, circuit_id, from_at, to_at, state) select org_id, id, u.from_at::timestamptz, u.to_at::timestamptz, u.state
       from circuit, (values ('2026-02-27T10:00:00Z', '2026-02-27T11:00:00Z', 'down'), ('2026-02-27T13:00:00Z', '2026-02-27T14:00:00Z', 'down'),
         ('2026-02-28T00:00:00Z', '2026-02-28T01:00:00Z', 'up')) as u (from_at, to_at, state)`,
    );
    const first = await get(`${CIRCUIT}/outages?limit=1`);
    expect(first).toMatchObject({
      items: [
        {
          start: '2026-02-27T10:00:00Z',
          end: '2026-02-27T14:00:00Z',
          end_known: false,
          up_again_at: '2026-02-28T00:00:00Z',
          down_s: 7200,
          unknown_s: 7200,
        },
      ],
    });
    const second = await get(`${CIRCUIT}/outages?limit=1&cursor=${String(first['next_cursor'])}`);
    expect(second).toMatchObject({ items: [{ start: today('05:40') }], next_cursor: null });
  });

  it.each([
    [{ from: today('06:00'), to: today('06:00') }, 'to'],
    [{ from: 'x', to: today('06:00') }, 'from'],
    [{ from: today('06:00'), to: '2027-06-01T00:00:00Z' }, 'to'],
    [{ from: today('06:00'), to: today('07:00'), scope: 'site' }, 'subject'],
    [{ from: today('06:00'), to: today('07:00'), scope: 'site', subject: 'nowhere' }, 'subject'],
    [{ from: today('06:00'), to: today('07:00'), subject: 'nowhere' }, 'subject'],
    [{ from: today('06:00'), to: today('07:00'), scope: 'planet' }, 'scope'],
  ])('refuses the window %j', async (body, field) => {
    const answer = await fixture.call(key, 'POST', `${ORG}/maintenance`, { name: 'work', scope: 'org', ...body });
    expect(answer.status).toBe(400);
    expect((JSON.parse(answer.body) as { errors: { field: string }[] }).errors[0]?.field).toBe(field);
  });

  it('replaces a window, and links a circuit over the API', async () => {
    const { id } = await enter({ from: today('06:00'), to: today('06:30') });
    const body = { name: 'moved', scope: 'org', from: today('07:00'), to: today('07:30') };
    const answer = await fixture.call(key, 'PUT', `${ORG}/maintenance/${String(id)}`, body);
    expect(JSON.parse(answer.body)).toMatchObject({ id, name: 'moved', from: today('07:00'), owner: 'operator key' });
    await fixture.db.query(
      `insert into circuit (org_id, mac, port_id, site_id, first_observed_at, last_observed_at) select org_id, 'fresh', 'p', site_id, '2026-03-01T12:10:00.001Z', '2026-03-01T12:10:00.001Z' from circuit`,
    );
    fixture.clock.set(NOW + 60_000);
    const link = (more: Record<string, unknown>) =>
      fixture.call(key, 'POST', `${ORG}/circuits/links`, { old: '020000000101:ge-0/0/0', new: 'fresh:p', ...more });
    expect(JSON.parse((await link({ dry_run: true })).body)).toMatchObject({ outcome: 'dry-run', moved: { hours: 0 } });
    expect(JSON.parse((await link({})).body)).toMatchObject({ outcome: 'linked', id: 'fresh:p' });
    expect(JSON.parse((await link({})).body)).toMatchObject({ outcome: 'linked-before' });
    expect((await link({ old: 'nobody:x' })).status).toBe(404);
    expect((await link({ old: 'fresh:p', new: '020000000101:ge-0/0/0' })).status).toBe(409);
    // The old id still names it.
    expect(await get(CIRCUIT)).toMatchObject({ id: 'fresh:p' });
    expect((await fixture.call(key, 'DELETE', `${ORG}/circuits/links/020000000101:ge-0%2F0%2F0`)).status).toBe(200);
    expect((await fixture.call(key, 'GET', CIRCUIT)).status).toBe(404);
  });
});
