import type { AlertState } from '@app/domain';
import { JobPublisher } from '@app/shared';
import { NOW, seedTagged, startApi, type ApiFixture } from '../api.fixture.js';

const MINUTE_MS = 60_000;

describe('taking an alert', () => {
  let fixture: ApiFixture;
  let operator: string;
  let alertId: number;
  beforeEach(async () => {
    fixture = await startApi({ yaml: 'alerts: { circuitUpForSeconds: 600 }' });
    ({ alertId } = await seedTagged(fixture.db, 'alder'));
    operator = await fixture.key('operator', 'org-alder');
  });
  afterEach(() => fixture.close());

  const take = () => fixture.call(operator, 'POST', `/v1/orgs/org-alder/alerts/${String(alertId)}/ack`, {});

  it('waits for its end as long as the configuration says', async () => {
    const clearing: AlertState = {
      kind: 'clearing',
      observedAt: NOW,
      breached: false,
      flips: [NOW - MINUTE_MS, NOW],
      since: NOW - MINUTE_MS,
      severity: 'critical',
      firedAt: NOW - MINUTE_MS,
      acknowledgement: null,
      goodSince: NOW,
      good: 1,
    };
    await fixture.db.query(`update alert set rule = 'circuit-down', state = $2 where id = $1`, [
      alertId,
      JSON.stringify(clearing),
    ]);
    expect((await take()).status).toBe(200);
    const due = await fixture.db.query('select due_at from alert where id = $1', [alertId]);
    expect(due).toEqual([{ due_at: new Date(NOW + 10 * MINUTE_MS) }]);
  });

  it('succeeds also when the queue does not answer: the outbox holds the notice', async () => {
    await fixture.api.app.get(JobPublisher, { strict: false }).close();
    expect((await take()).status).toBe(200);
    expect(await fixture.db.query('select seq from outbox where alert_id = $1', [alertId])).toEqual([{ seq: 2 }]);
  });
});

describe('what people do to an alert', () => {
  let fixture: ApiFixture;
  let operator: string;
  let alertId: number;
  beforeAll(async () => {
    fixture = await startApi();
  });
  beforeEach(async () => {
    await fixture.db.query('truncate org cascade');
    ({ alertId } = await seedTagged(fixture.db, 'alder'));
    operator = await fixture.key('operator', 'org-alder');
  });
  afterAll(() => fixture.close());

  const call = async (method: 'GET' | 'POST' | 'PUT' | 'DELETE', rest: string, body?: unknown) => {
    const answer = await fixture.call(operator, method, `/v1/orgs/org-alder/alerts${rest}`, body);
    return { status: answer.status, json: JSON.parse(answer.body) as { items?: unknown[] } & Readonly<Record<string, unknown>> };
  };
  const act = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', rest: string, body?: unknown) =>
    call(method, `/${String(alertId)}${rest}`, body);
  const actions = async () =>
    (await fixture.db.query<{ action: string }>(`select action from audit where action <> 'key.create' order by id`)).map(
      ({ action }) => action,
    );

  it('resolves it with a reason, which the notifier hears of; again changes nothing', async () => {
    const { status, json } = await act('POST', '/resolve', { reason: 'taken out of service' });
    expect(status).toBe(200);
    expect(json).toMatchObject({ status: 'resolved', shown_status: 'resolved', resolved_at: '2026-03-01T12:10:00Z' });
    expect(json['changes']).toMatchObject([
      {},
      { to_status: 'resolved', reason: 'resolved-by-hand', data: { by: 'operator key', note: 'taken out of service' } },
    ]);
    expect((await act('POST', '/resolve', { reason: 'again' })).status).toBe(200);
    expect(await fixture.db.query('select seq from outbox where alert_id = $1', [alertId])).toEqual([{ seq: 2 }]);
    expect(await actions()).toEqual(['alert.resolved-by-hand']);
    expect((await act('POST', '/resolve', {})).status).toBe(400);
    expect((await act('POST', '/ack', {})).status).toBe(409);
  });

  it('writes notes', async () => {
    await act('POST', '/notes', { text: 'first' });
    const { json } = await act('POST', '/notes', { text: 'second' });
    expect(json['notes']).toMatchObject([
      { author: 'operator key', text: 'first' },
      { author: 'operator key', text: 'second' },
    ]);
    expect(await actions()).toEqual(['alert.note', 'alert.note']);
  });

  it('marks it as noise and takes that back', async () => {
    expect((await act('PUT', '/noise')).json).toMatchObject({ noise_at: '2026-03-01T12:10:00Z', noise_by: 'operator key' });
    await act('PUT', '/noise');
    expect((await call('GET', '?noise=true')).json.items).toHaveLength(1);
    expect((await act('DELETE', '/noise')).json).toMatchObject({ noise_at: null, noise_by: null });
    expect((await call('GET', '?noise=true')).json.items).toHaveLength(0);
    expect(await actions()).toEqual(['alert.noise', 'alert.not-noise']);
  });

  it.each(['/ack', '/resolve', '/notes'])('knows no alert of nobody at %s', async (rest) => {
    expect(
      (await call('POST', `/999999${rest}`, rest === '/notes' ? { text: 'x' } : rest === '/resolve' ? { reason: 'x' } : {}))
        .status,
    ).toBe(404);
  });

  it.each([
    ['?status=open', 1],
    ['?status=flapping', 0],
    ['?status=suppressed', 0],
    ['?circuit=mac-alder:ge-0/0/0', 0],
    ['?site=site-alder', 1],
    ['?from=2026-03-01T12:10:00Z', 1],
    ['?to=2026-03-01T12:10:00Z', 0],
  ])('lists by %j', async (query, count) => {
    expect((await call('GET', query)).json.items).toHaveLength(count);
  });

  it('tells why nobody is told of it now', async () => {
    await fixture.db.query(`update alert set suppressed_by = 'silence:3' where id = $1`, [alertId]);
    expect((await act('GET', '')).json).toMatchObject({
      status: 'firing',
      shown_status: 'suppressed',
      suppressed_by: 'silence:3',
    });
    expect((await call('GET', '?status=suppressed')).json.items).toHaveLength(1);
  });
});
