import { createHmac } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import { JobPublisher, upsertOrg } from '@app/shared';
import { NOW, startApi, type ApiFixture } from '../api.fixture.js';
import { HOOK_BODY_LIMIT_BYTES } from './raw-body.js';

const SECRET = 'the-secret-of-the-hook';
const OLD_SECRET = 'the-secret-before-that';
const entry = (id: string, more = ''): string => `
  - id: ${id}
    baseUrl: api.example.com
    token: tok-0123456789
    reportingTimezone: Europe/Berlin
${more}`;
const webhook = (more = ''): string => `    webhook: { secret: ${SECRET}${more} }\n`;
const YAML = `orgs:${[
  entry('org-1', webhook(`, previousSecret: ${OLD_SECRET}`)),
  entry('org-new', webhook()),
  entry('org-off', `    enabled: false\n${webhook()}`),
  entry('org-bare'),
  entry('auto', webhook()),
].join('')}`;

const sign = (body: Buffer | string, secret = SECRET): string => createHmac('sha256', secret).update(body).digest('hex');
const BODY = JSON.stringify({ topic: 'ping', events: [{ id: 'p', name: 'n', site_id: 's', timestamp: 1 }] });

let fixture: ApiFixture;
beforeEach(async () => {
  fixture = await startApi({ yaml: YAML, hookBurst: 12 });
  await upsertOrg(fixture.db, { externalId: 'org-1' });
}, 60_000);
afterEach(() => fixture.close());

interface Sent {
  readonly org?: string;
  readonly body?: Buffer | string;
  readonly signature?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const send = async ({ org = 'org-1', body = BODY, signature = sign(body), headers = {} }: Sent = {}) => {
  const response = await fixture.api.app.inject({
    method: 'POST',
    url: `/v1/hooks/mist/${encodeURIComponent(org)}`,
    headers: { 'content-type': 'application/json', 'x-mist-signature-v2': signature, ...headers },
    payload: body,
  });
  return { status: response.statusCode, body: response.body, headers: response.headers };
};
const stored = (): Promise<{ org: string; body: Buffer; repeats: number; state: string }[]> =>
  fixture.db.query(
    'select o.external_id as org, i.body, i.repeats, i.state from inbox i join org o on o.id = i.org_id order by i.id',
  );
const publisher = (): JobPublisher => fixture.api.app.get(JobPublisher, { strict: false });

describe('POST /v1/hooks/mist/{org}', () => {
  it('stores a signed delivery before it answers, then wakes the analyzer', async () => {
    expect(await send()).toMatchObject({ status: 202, body: '{"stored":true,"is_repeat":false}' });
    expect(await stored()).toEqual([{ org: 'org-1', body: Buffer.from(BODY), repeats: 0, state: 'received' }]);
    expect(await publisher().depth('inbox')).toBe(1);
  });

  it.each([
    [
      'spaces and other letters',
      '{ "topic" : "ping",\r\n "events":[ {"name":"Zürich ☕ 雪 \\u0000 \\ud800"} ] }\n',
      'application/json',
    ],
    ['a character set', BODY, 'application/json; charset=utf-8'],
    ['another type', BODY, 'text/plain'],
    ['the type of forms', 'topic=ping&events=%7B', 'application/x-www-form-urlencoded'],
    ['a type that is none', BODY, 'nonsense'],
    ['no JSON', '{"topic":', 'application/json'],
    ['a key of prototypes', '{"__proto__":{"x":1},"topic":"ping","events":[]}', 'application/json'],
    ['bytes that are no UTF-8', Buffer.from([0xff, 0xfe, 0x00, 0x7b]), 'application/json'],
    ['nothing', '', 'application/json'],
  ])('keeps the bytes of a body with %s as they came', async (_, body, type) => {
    expect(await send({ body, headers: { 'content-type': type } })).toMatchObject({ status: 202 });
    expect((await stored()).map((row) => row.body)).toEqual([Buffer.from(body)]);
  });

  it('takes a body that comes in pieces', async () => {
    const address = new URL(await fixture.api.listen(0, '127.0.0.1'));
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const request = httpRequest(
        {
          host: address.hostname,
          port: address.port,
          path: '/v1/hooks/mist/org-1',
          method: 'POST',
          headers: { 'x-mist-signature-v2': sign(BODY) },
        },
        (response) => resolve(response.resume().statusCode),
      ).on('error', reject);
      for (const character of BODY) request.write(character);
      request.end();
    });
    expect(status).toBe(202);
    expect((await stored()).map((row) => row.body.toString())).toEqual([BODY]);
  });

  it('takes the older secret as long as there is one', async () => {
    expect((await send({ signature: sign(BODY, OLD_SECRET) })).status).toBe(202);
    expect((await send({ org: 'org-new', signature: sign(BODY, OLD_SECRET) })).status).toBe(401);
  });

  it('answers a wrong signature exactly as an org that is unknown, switched off or without a webhook', async () => {
    const answers = [
      await send({ signature: sign(BODY, 'another secret') }),
      await send({ signature: '' }),
      await send({ signature: sign(`${BODY} `) }),
      await send({ org: 'org-none' }),
      await send({ org: 'org-off' }),
      await send({ org: 'org-bare' }),
      await send({ org: 'auto' }),
      await send({ org: "o'; drop table org; --" }),
    ];
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 401));
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(await stored()).toEqual([]);
    expect(await fixture.db.query('select 1 from org')).toHaveLength(1);
  });

  it('refuses SHA-1 and a signature sent twice', async () => {
    const sha1 = createHmac('sha1', SECRET).update(BODY).digest('hex');
    expect((await send({ signature: sha1, headers: { 'x-mist-signature': sha1 } })).status).toBe(401);
    expect((await send({ signature: `${sign(BODY)}, ${sign(BODY)}` })).status).toBe(401);
  });

  it('counts the same bytes again and keeps them once', async () => {
    await send();
    expect((await send()).body).toBe('{"stored":true,"is_repeat":true}');
    await Promise.all([send(), send(), send()]);
    expect(await stored()).toMatchObject([{ repeats: 4 }]);
    expect(await publisher().depth('inbox')).toBe(1);
  });

  it('wakes nobody for a repeat of what was taken', async () => {
    await send();
    await fixture.db.query(`update inbox set state = 'ignored', processed_at = now()`);
    const before = await publisher().depth('inbox');
    expect((await send()).status).toBe(202);
    expect(await publisher().depth('inbox')).toBe(before);
  });

  it('keeps the deliveries of two orgs with one secret apart', async () => {
    await send();
    await send({ org: 'org-new' });
    expect((await stored()).map(({ org }) => org)).toEqual(['org-1', 'org-new']);
  });

  it('makes an org known that was not polled yet', async () => {
    expect((await send({ org: 'org-new' })).status).toBe(202);
    expect(await fixture.db.query(`select reporting_timezone as zone from org where external_id = 'org-new'`)).toEqual([
      { zone: 'Europe/Berlin' },
    ]);
  });

  it('takes the largest body there may be, and refuses more and what is encoded', async () => {
    const largest = Buffer.alloc(HOOK_BODY_LIMIT_BYTES, 0x20);
    expect((await send({ body: largest })).status).toBe(202);
    expect((await send({ body: Buffer.concat([largest, largest]) })).status).toBe(413);
    const packed = gzipSync(BODY);
    expect((await send({ body: packed, headers: { 'content-encoding': 'gzip' } })).status).toBe(415);
    expect(await stored()).toHaveLength(1);
  });

  it('stores also while the queue is away', async () => {
    await publisher().close();
    expect((await send()).status).toBe(202);
    expect(await stored()).toHaveLength(1);
  });

  it('limits each org, and guesses apart from them', async () => {
    const statuses = async (count: number, sent: (index: number) => Sent): Promise<number[]> =>
      Promise.all(Array.from({ length: count }, async (_, index) => (await send(sent(index))).status));
    const guesses = await statuses(14, () => ({ signature: 'a'.repeat(64) }));
    expect(guesses.filter((status) => status === 429)).toHaveLength(2);
    const deliveries = await statuses(14, (index) => ({ body: `{"topic":"ping","events":[${index}]}` }));
    expect(deliveries.filter((status) => status === 202)).toHaveLength(12);
    expect((await send({ org: 'org-new' })).status).toBe(202);
    fixture.clock.advance(5_000);
    expect(await send()).toMatchObject({ status: 202 });
  });
});

describe('GET /v1/orgs/{org}/webhook', () => {
  it('tells what came, what was parked, and how it stands in Mist', async () => {
    await send();
    await send();
    await send({ body: '{}' });
    await fixture.db.query(
      `update inbox set state = 'parked', reason = 'topic is missing', events = 0, set_aside = 0, processed_at = $1 where body = '{}'`,
      [new Date(NOW)],
    );
    const key = await fixture.key('viewer', 'org-1');
    const { status, body } = await fixture.call(key, 'GET', '/v1/orgs/org-1/webhook');
    const told = JSON.parse(body) as { parked: { id?: number }[] };
    for (const row of told.parked) delete row.id;
    expect([status, told]).toEqual([
      200,
      {
        is_configured: true,
        is_managed: false,
        in_mist: null,
        last_received_at: '2026-03-01T12:10:00Z',
        last_day: [
          { topic: null, state: 'parked', deliveries: 1, repeats: 0, events: 0, set_aside: 0 },
          { topic: null, state: 'received', deliveries: 1, repeats: 1, events: 0, set_aside: 0 },
        ],
        parked: [{ received_at: '2026-03-01T12:10:00Z', topic: null, reason: 'topic is missing' }],
      },
    ]);
  });
});
