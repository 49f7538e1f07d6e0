import { signAckLink, type AckLinkClaim } from '@app/shared';
import { NOW, seedIncident, seedTagged, startApi, type ApiFixture } from '../api.fixture.js';

const KEY = { id: 'k1', secret: 'an-example-secret-of-the-right-length-0' };
const HOUR_MS = 3_600_000;
const NIGHT = 'email:night@alder.example.com';

describe('the link to acknowledge', () => {
  let fixture: ApiFixture;
  let orgId: number;
  let alertId: number;
  let incidentId: number;
  beforeAll(async () => {
    fixture = await startApi({ env: { ACK_LINK_KEYS: `${KEY.id}:${KEY.secret}` } });
  });
  beforeEach(async () => {
    fixture.clock.set(NOW);
    await fixture.db.query('truncate org cascade');
    ({ orgId, alertId } = await seedTagged(fixture.db, 'alder'));
    ({ incidentId } = await seedIncident(fixture.db, { orgId, alertId, tag: 'alder' }));
  });
  afterAll(() => fixture.close());

  const link = (over: Partial<AckLinkClaim> = {}, key = KEY): string =>
    `/ack/${signAckLink({ orgId, incidentId, step: 1, destination: NIGHT, expiresAt: NOW + 24 * HOUR_MS, ...over }, key)}`;
  const open = (url: string) => fixture.call(null, 'GET', url);
  const submit = (url: string) => fixture.call(null, 'POST', url);
  const holder = async () => {
    const [row] = await fixture.db.query<{ by: string | null }>('select acked_by as by from incident where id = $1', [
      incidentId,
    ]);
    return row?.by ?? null;
  };
  const audit = () => fixture.db.query('select actor, action, subject from audit where org_id = $1 order by id', [orgId]);

  it('asks without a login, and changes nothing however often it is opened', async () => {
    for (let i = 0; i < 3; i++) {
      const page = await open(link());
      expect([page.status, page.type]).toEqual([200, 'text/html; charset=utf-8']);
      expect(page.body).toContain('Take this incident?');
      expect(page.body).toContain('Incident alder');
      expect(page.body).toContain('<form method="post">');
    }
    expect((await fixture.api.app.inject({ method: 'HEAD', url: link() })).statusCode).toBe(200);
    expect(await holder()).toBeNull();
    expect(await audit()).toEqual([]);
  });

  it('takes the incident and its alerts as its destination when asked to', async () => {
    const page = await submit(link());
    expect([page.status, page.body.includes('You have taken this incident')]).toEqual([200, true]);
    expect(await holder()).toBe(NIGHT);
    expect(await fixture.db.query('select status from alert where id = $1', [alertId])).toEqual([{ status: 'acknowledged' }]);
    expect(await audit()).toEqual([
      { actor: `link:${NIGHT}`, action: 'incident.acknowledge', subject: `incident:${String(incidentId)}` },
    ]);
  });

  it('says that it has been used, and by whom', async () => {
    await submit(link());
    for (const page of [await open(link()), await submit(link())]) {
      expect(page.body).toContain('This link has been used');
      expect(page.body).toContain(`${NIGHT} has it.`);
      expect(page.body).not.toContain('<form');
    }
    expect(await audit()).toHaveLength(1);
  });

  it('does not take again what came back worse: the newer notice has a link of its own', async () => {
    await submit(link());
    await fixture.db.query('update incident set acked_by = null, acked_at = null where id = $1', [incidentId]);
    expect((await submit(link())).body).toContain('nobody’s again');
    expect(await holder()).toBeNull();
    expect((await submit(link({ step: 2 }))).body).toContain('You have taken this incident');
  });

  it('takes it over from somebody else, after saying whose it is', async () => {
    await submit(link());
    const day = link({ destination: 'slack:#day' });
    expect((await open(day)).body).toContain(`${NIGHT} has had it since`);
    await submit(day);
    expect(await holder()).toBe('slack:#day');
  });

  it('takes nothing that is over', async () => {
    await fixture.db.query('update incident set resolved_at = $2 where id = $1', [incidentId, new Date(NOW)]);
    expect((await open(link())).body).toContain('This incident is over');
    expect((await submit(link())).body).toContain('This incident is over');
    expect(await holder()).toBeNull();
  });

  it('expires', async () => {
    fixture.clock.set(NOW + 24 * HOUR_MS);
    for (const page of [await open(link()), await submit(link())]) {
      expect([page.status, page.body.includes('This link has expired')]).toEqual([410, true]);
      expect(page.body).not.toContain('Incident alder');
    }
    expect(await holder()).toBeNull();
  });

  it('is nothing when it is forged', async () => {
    const forged = [
      link({}, { ...KEY, secret: 'x'.repeat(40) }),
      '/ack/x',
      `/ack/${'a.'.repeat(300)}`,
      '/ack/%00',
      '/ack/%3Cscript%3E',
    ];
    for (const url of forged) {
      for (const page of [await open(url), await submit(url)]) {
        expect(page.status).toBeGreaterThanOrEqual(400);
        expect(page.status).toBeLessThan(500);
        expect(page.body).not.toContain('<script>');
      }
    }
    expect((await open(forged[0] ?? '')).body).toContain('This link is not valid');
    expect(await holder()).toBeNull();
  });

  it('belongs to its organization', async () => {
    const birch = await seedTagged(fixture.db, 'birch');
    expect((await submit(link({ orgId: birch.orgId }))).status).toBe(410);
    expect(await holder()).toBeNull();
  });

  it('may load nothing, be framed by nobody, and leak nothing', async () => {
    const { headers } = await open(link());
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/,
    );
    expect(headers).toMatchObject({
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
    });
    expect(headers['location']).toBeUndefined();
  });

  it('shows names of others as text', async () => {
    await fixture.db.query('update incident set title = $2 where id = $1', [incidentId, '<script>alert(1)</script>"\u202e']);
    const { body } = await open(link());
    expect(body).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot; ');
    expect(body).not.toContain('<script');
  });
});

describe('the pages behind links', () => {
  it('are refused to who asks too often', async () => {
    const fixture = await startApi({ ackBurst: 3 });
    try {
      const statuses: number[] = [];
      for (let i = 0; i < 5; i++) statuses.push((await fixture.call(null, 'GET', '/ack/x')).status);
      expect(statuses).toEqual([404, 404, 404, 429, 429]);
      const refused = await fixture.call(null, 'POST', '/ack/x');
      expect([refused.status, refused.headers['retry-after']]).toEqual([429, '1']);
    } finally {
      await fixture.close();
    }
  });

  it.each([
    ['loopback', [404, 404, 429]],
    ['1', [404, 404, 429]],
    ['', [404, 429, 429]],
  ])('count callers by the word of a proxy only where it is trusted: "%s"', async (TRUST_PROXY, expected) => {
    const fixture = await startApi({ ackBurst: 1, env: { TRUST_PROXY } });
    try {
      const statuses: number[] = [];
      for (const caller of ['192.0.2.1', '192.0.2.2', '198.51.100.9, 192.0.2.2']) {
        const answer = await fixture.api.app.inject({ url: '/ack/x', headers: { 'x-forwarded-for': caller } });
        statuses.push(answer.statusCode);
      }
      expect(statuses).toEqual(expected);
    } finally {
      await fixture.close();
    }
  });
});
