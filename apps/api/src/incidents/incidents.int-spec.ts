import { NOW, seedIncident, seedTagged, startApi, type ApiFixture } from '../api.fixture.js';

interface Delivery {
  readonly id: number;
  readonly status: string;
  readonly attempts: readonly { answer: string }[];
}

interface Incident {
  readonly id: number;
  readonly status: string;
  readonly acked_by: string | null;
  readonly ack_until: string | null;
  readonly members: readonly { alert_id: number; status: string }[];
  readonly decisions: readonly { reason: string }[];
  readonly deliveries: readonly Delivery[];
  readonly notes: readonly { author: string; text: string }[];
}

describe('incidents', () => {
  let fixture: ApiFixture;
  let operator: string;
  let orgId: number;
  let alertId: number;
  let incidentId: number;
  let deliveryId: number;
  beforeEach(async () => {
    fixture = await startApi();
    ({ orgId, alertId } = await seedTagged(fixture.db, 'alder'));
    ({ incidentId, deliveryId } = await seedIncident(fixture.db, { orgId, alertId, tag: 'alder' }));
    operator = await fixture.key('operator', 'org-alder');
  });
  afterEach(() => fixture.close());

  const url = (rest: string): string => `/v1/orgs/org-alder${rest}`;
  const incidentUrl = (rest = ''): string => url(`/incidents/${String(incidentId)}${rest}`);
  const get = async <T>(path: string): Promise<T> => JSON.parse((await fixture.call(operator, 'GET', path)).body) as T;
  const post = async (path: string, body: unknown = {}) => {
    const answer = await fixture.call(operator, 'POST', path, body);
    return { status: answer.status, json: JSON.parse(answer.body) as Incident };
  };
  const audited = () =>
    fixture.db.query(
      `select action, actor like 'key:%' as "isKey" from audit where org_id = $1 and action <> 'key.create' order by id`,
      [orgId],
    );

  it('show what is in them, what was decided, and what receivers answered', async () => {
    const incident = await get<Incident>(incidentUrl());
    expect(incident).toMatchObject({ id: incidentId, status: 'open', acked_by: null, notes: [] });
    expect(incident.members).toMatchObject([{ alert_id: alertId, status: 'firing', site_id: 'site-alder' }]);
    expect(incident.decisions).toMatchObject([{ reason: 'opened', detail: { policy: 'policy alder' } }]);
    expect(incident.deliveries).toMatchObject([
      {
        id: deliveryId,
        status: 'dead',
        title: 'Incident alder',
        attempts: [{ attempt: 1, outcome: 'dead', answer: '550 no such user' }],
      },
    ]);
  });

  it('never show the link that acknowledges', async () => {
    for (const path of [incidentUrl(), url('/deliveries'), url(`/deliveries/${String(deliveryId)}`)]) {
      expect((await fixture.call(operator, 'GET', path)).body).not.toContain('secret-link');
    }
  });

  it.each([
    ['', 1],
    ['?status=open', 1],
    ['?status=acknowledged', 0],
    ['?status=resolved', 0],
    ['?severity=critical', 1],
    ['?severity=warning', 0],
    ['?site=site-alder', 1],
    ['?site=site-none', 0],
    ['?from=2026-03-01T12:10:00Z', 1],
    ['?to=2026-03-01T12:10:00Z', 0],
  ])('are listed by %j', async (query, count) => {
    expect((await get<{ items: unknown[] }>(url(`/incidents${query}`))).items).toHaveLength(count);
  });

  it('are taken with everything in them, until a time; again by the same person changes nothing', async () => {
    const taken = await post(incidentUrl('/ack'), { until: '2026-03-01T16:00:00Z', note: 'Carrier informed' });
    expect(taken.status).toBe(200);
    expect(taken.json).toMatchObject({ status: 'acknowledged', acked_by: 'operator key', ack_until: '2026-03-01T16:00:00Z' });
    expect(taken.json.members).toMatchObject([{ status: 'acknowledged' }]);
    expect(taken.json.notes).toMatchObject([{ author: 'operator key', text: 'Carrier informed' }]);
    expect((await post(incidentUrl('/ack'))).status).toBe(200);
    expect(await audited()).toEqual([{ action: 'incident.acknowledge', isKey: true }]);
    expect((await get<{ items: unknown[] }>(url('/incidents?status=acknowledged'))).items).toHaveLength(1);
  });

  it('cannot be taken until a time that has passed, nor when they are over', async () => {
    expect((await post(incidentUrl('/ack'), { until: '2026-03-01T12:00:00Z' })).status).toBe(400);
    await fixture.db.query('update incident set resolved_at = $2 where id = $1', [incidentId, new Date(NOW)]);
    expect((await post(incidentUrl('/ack'))).status).toBe(409);
    expect((await post(url('/incidents/999999/ack'))).status).toBe(404);
  });

  it('take notes', async () => {
    const noted = await post(incidentUrl('/notes'), { text: 'Technician on site at 14:00' });
    expect(noted.json.notes).toMatchObject([{ author: 'operator key', text: 'Technician on site at 14:00' }]);
    expect((await post(url('/incidents/999999/notes'), { text: 'x' })).status).toBe(404);
    expect((await post(incidentUrl('/notes'), { text: '' })).status).toBe(400);
    expect(await audited()).toEqual([{ action: 'incident.note', isKey: true }]);
  });

  it('have dead deliveries, which can be tried again once', async () => {
    expect((await get<{ items: Delivery[] }>(url('/deliveries?status=dead'))).items.map(({ id }) => id)).toEqual([deliveryId]);
    fixture.clock.advance(3 * 86_400_000);
    const replay = () => post(url(`/deliveries/${String(deliveryId)}/replay`));
    expect(await replay()).toMatchObject({ status: 200, json: { status: 'due', due_at: '2026-03-04T12:10:00Z' } });
    expect((await replay()).status).toBe(200);
    expect(await audited()).toEqual([{ action: 'delivery.replay', isKey: true }]);
    await fixture.db.query(`update delivery set status = 'sent' where id = $1`, [deliveryId]);
    expect((await replay()).status).toBe(409);
    expect((await post(url('/deliveries/999999/replay'))).status).toBe(404);
  });
});
