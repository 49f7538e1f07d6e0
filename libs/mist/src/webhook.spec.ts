import { createHmac } from 'node:crypto';
import { mapBatch } from './mapper.js';
import { isSignedBy } from './signature.js';
import { readWebhook } from './webhook.js';

const AT = Date.UTC(2026, 2, 2, 12);
const bytes = (value: unknown): Buffer => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const SITE = '72771e6a-6f5e-4de4-a5b9-1266c4197811';
const ORG = 'a40f5d1f-d889-42e9-94ea-b9b33585fc6b';

describe('isSignedBy', () => {
  const body = bytes('{"topic":"ping","events":[{"name":"Zürich ☕"}]}');
  const sign = (secret: string, of: Buffer = body): string => createHmac('sha256', secret).update(of).digest('hex');

  it('knows a signature of one of the secrets over the raw bytes', () => {
    expect(isSignedBy(body, sign('new-secret'), ['new-secret', 'old-secret'])).toBe(true);
    expect(isSignedBy(body, sign('old-secret'), ['new-secret', 'old-secret'])).toBe(true);
    expect(isSignedBy(body, sign('new-secret').toUpperCase(), ['new-secret'])).toBe(true);
  });

  it('knows the published test vector of HMAC-SHA256 (RFC 4231, case 2)', () => {
    const digest = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843';
    expect(isSignedBy(bytes('what do ya want for nothing?'), digest, ['Jefe'])).toBe(true);
  });

  it.each([
    ['another secret', sign('another')],
    ['other bytes', sign('new-secret', bytes('{}'))],
    ['nothing', ''],
    ['half of it', sign('new-secret').slice(0, 32)],
    ['more of it', `${sign('new-secret')}00`],
    ['a prefix before it', `sha256=${sign('new-secret')}`],
    ['no hex', 'z'.repeat(64)],
    ['SHA-1', createHmac('sha1', 'new-secret').update(body).digest('hex')],
    ['zeroes', '0'.repeat(64)],
  ])('refuses %s', (_, signature) => {
    expect(isSignedBy(body, signature, ['new-secret'])).toBe(false);
  });

  it('refuses everything without a secret', () => {
    expect(isSignedBy(body, '0'.repeat(64), [])).toBe(false);
  });
});

describe('readWebhook', () => {
  it.each([
    ['alarms', { is: 'records', kind: 'alarms' }],
    ['device-events', { is: 'records', kind: 'device-events' }],
    ['device_events', { is: 'records', kind: 'device-events' }],
    ['device-updowns', { is: 'records', kind: 'device-events' }],
    ['site_sle', { is: 'hint', kinds: ['sle-wifi', 'sle-wan'] }],
    ['audits', { is: 'ignored' }],
    ['ping', { is: 'ignored' }],
  ])('knows what %s is for', (topic, use) => {
    const events = [{ timestamp: 0 }];
    expect(readWebhook(bytes({ topic, events }))).toEqual({ ...use, topic: topic.replace('_', '-'), events });
  });

  it.each([
    ['', 'the body is not valid JSON (0 bytes)'],
    ['{"topic":', 'the body is not valid JSON (9 bytes)'],
    ['[]', 'the body is not a JSON object'],
    ['null', 'the body is not a JSON object'],
    ['{"events":[]}', 'topic is missing'],
    ['{"topic":7,"events":[]}', 'topic is missing'],
    ['{"topic":"location","events":[]}', 'the topic "location" is not known'],
    ['{"topic":"constructor","events":[]}', 'the topic "constructor" is not known'],
    ['{"topic":"alarms"}', 'events is not a list'],
    ['{"topic":"alarms","events":{"0":{}}}', 'events is not a list'],
  ])('says what is wrong with %j', (body, reason) => {
    expect(readWebhook(bytes(body))).toMatchObject({ is: 'unreadable', reason });
  });

  it('refuses bytes that are no UTF-8 instead of guessing', () => {
    expect(readWebhook(Buffer.from([0x7b, 0xff, 0x7d]))).toMatchObject({ reason: 'the body is not valid UTF-8' });
  });
});

describe('events of webhooks', () => {
  const asked = { orgId: ORG };
  const upDown = {
    ap: '5c5b35000001',
    ap_name: 'gw-1',
    for_site: true,
    org_id: ORG,
    site_id: SITE,
    site_name: 'Store',
    timestamp: AT / 1000,
  };

  it('reads an up/down whose gateway is called an access point', () => {
    const { records } = mapBatch('device-events', [{ ...upDown, type: 'GW_DISCONNECTED' }], AT, asked);
    expect(records).toEqual([
      {
        mac: '5c5b35000001',
        siteId: SITE,
        at: AT,
        type: 'GW_DISCONNECTED',
        portId: null,
        text: null,
        effect: { of: 'gateway', connected: false },
      },
    ]);
  });

  it('leaves the up/downs of access points and switches alone', () => {
    const rows = [
      { ...upDown, type: 'AP_DISCONNECTED' },
      { ...upDown, type: 'SW_CONNECTED' },
    ];
    expect(mapBatch('device-events', rows, AT, asked)).toMatchObject({ records: [], notOurs: 2, setAside: [] });
  });

  it('finds the port of an event in its text', () => {
    const row = {
      device_name: 'gw-1',
      device_type: 'gateway',
      ev_type: 'warn',
      mac: '5c5b35000001',
      org_id: ORG,
      site_id: SITE,
      text: 'SNMP_TRAP_LINK_DOWN: ifAdminStatus up(1), ifName ge-0/0/0',
      timestamp: AT / 1000,
      type: 'GW_PORT_DOWN',
    };
    expect(mapBatch('device-events', [row], AT, asked).records).toMatchObject([
      { portId: 'ge-0/0/0', effect: { of: 'port', state: 'down' } },
    ]);
  });

  it('sets an event of another organization aside, and only that', () => {
    const rows = [
      { ...upDown, type: 'GW_CONNECTED' },
      { ...upDown, org_id: 'other', type: 'GW_CONNECTED' },
    ];
    const batch = mapBatch('device-events', rows, AT, asked);
    expect(batch.records).toHaveLength(1);
    expect(batch.setAside).toMatchObject([{ position: 1, reason: 'org_id is that of another organization' }]);
    expect(mapBatch('alarms', [{ id: 'a', type: 't', timestamp: 1, org_id: 'other' }], AT, asked).setAside).toHaveLength(1);
  });

  it('sets aside what no column or index takes', () => {
    const alarm = { id: 'a', type: 't', timestamp: 1 };
    const { setAside } = mapBatch('alarms', [{ ...alarm, count: 2 ** 31 }, { ...alarm, id: 'x'.repeat(201) }, alarm], AT, asked);
    expect(setAside.map(({ reason }) => reason.slice(0, 45))).toEqual([
      'count must be <= 2147483647, but is 214748364',
      'id must NOT have more than 200 characters, bu',
    ]);
  });

  it('reads an alarm, which has neither severity nor group here', () => {
    const alarm = {
      id: 'alarm-1',
      type: 'gateway_down',
      timestamp: AT / 1000,
      last_seen: AT / 1000,
      org_id: ORG,
      site_id: SITE,
      update: true,
    };
    expect(mapBatch('alarms', [alarm], AT, asked).records).toMatchObject([
      { alarmId: 'alarm-1', severity: 'unknown', group: 'unknown', lastSeenAt: AT },
    ]);
  });
});
