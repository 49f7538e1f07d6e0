import { Webhook } from 'standardwebhooks';
import { HTTP_FAULTS, ManualClock, startHttpReceiver, type HttpReceiver } from '@app/testing';
import { deliveryOf, describeChannel } from '../channel.contract.js';
import { httpReceiver, QUICK } from '../http/http.fixture.js';
import { hugeNotification, notificationOf } from '../notification.fixture.js';
import { webhookChannel } from './webhook.channel.js';

const KEY = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const OLD_KEY = `whsec_${Buffer.alloc(24, 9).toString('base64')}`;
const DESTINATION = /^own:127\.0\.0\.1:\d+$/;

let receiver: HttpReceiver;
beforeAll(async () => void (receiver = await startHttpReceiver(() => ({ status: 204 }))));
afterAll(() => receiver.close());

// The package checks timestamps against the clock of the machine.
const parts = { clock: new ManualClock(Date.now()), limits: QUICK };
const channel = (over: { previousSecret?: string; headers?: Record<string, string> } = {}) =>
  webhookChannel(
    { id: 'own', type: 'webhook', url: `${receiver.url}/in/hook-secret`, secret: KEY, allowPrivate: true, headers: {}, ...over },
    parts,
  );

describeChannel('webhook', { faults: HTTP_FAULTS, taken: ['html', 'huge'] }, async () => ({
  channel: channel(),
  receiver: httpReceiver(receiver, channel().describe().destinations[0] ?? '', () =>
    receiver.requests.map(({ headers }) => String(headers['webhook-id'])),
  ),
}));

describe('a webhook', () => {
  const headersOf = (headers: NodeJS.Dict<string | string[]>): Record<string, string> =>
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  const last = () => {
    const request = receiver.requests.at(-1);
    if (request === undefined) throw new Error('nothing arrived');
    return { body: request.body, headers: headersOf(request.headers) };
  };

  it('is signed so that Standard Webhooks libraries accept it, with every key', async () => {
    await channel({ previousSecret: OLD_KEY }).send(notificationOf({ orgName: 'Größe 東京' }), deliveryOf());
    const { body, headers } = last();
    for (const key of [KEY, OLD_KEY])
      expect(new Webhook(key.replace('whsec_', '')).verify(body, headers)).toMatchObject({
        data: { org: { name: 'Größe 東京' } },
      });
    const stranger = new Webhook(Buffer.alloc(32, 1).toString('base64'));
    expect(() => stranger.verify(body, headers)).toThrow('No matching signature found');
    expect(() => new Webhook(KEY.replace('whsec_', '')).verify(`${body} `, headers)).toThrow('No matching signature found');
  });

  it('says all there is to say, in a version that stays', async () => {
    await channel({ headers: { 'X-Api-Key': 'hook-secret' } }).send(notificationOf(), deliveryOf());
    const { body, headers } = last();
    expect(headers).toMatchObject({ 'x-api-key': 'hook-secret', 'content-type': 'application/json' });
    const { metrics, ...data } = (JSON.parse(body) as { data: { metrics: object[] } }).data;
    expect(JSON.parse(body)).toMatchObject({
      version: 1,
      type: 'incident.opened',
      id: headers['webhook-id'],
      timestamp: '2026-03-02T12:14:00.000Z',
    });
    expect(data).toEqual({
      org: { id: 'org-1', name: 'Example Retail' },
      incident: {
        id: 17,
        step: 1,
        severity: 'critical',
        title: 'Alpha: service levels critical',
        openedAt: '2026-03-02T12:00:00.000Z',
        isOver: false,
      },
      siteCount: 1,
      sites: [
        {
          name: 'Alpha',
          severity: 'critical',
          since: '2026-03-02T12:00:00.000Z',
          resolvedAt: null,
          isNew: true,
          what: ['Coverage 61.2% critical', 'Roaming 75.0% major'],
        },
      ],
      links: {
        acknowledge: 'https://mistwatch.example.com/ack/example-link',
        runbook: 'https://wiki.example.com/runbooks/service-levels?from=mail&lang=en',
        report: 'https://mistwatch.example.com/v1/orgs/org-1/reports/summary',
        alerts: 'https://mistwatch.example.com/v1/orgs/org-1/alerts',
      },
    });
    expect(metrics[0]).toMatchObject({ title: 'Coverage', siteCount: 1, sites: [{ name: 'Alpha', score: 0.612 }] });
  });

  it('stays small however large the incident is', async () => {
    await channel().send(
      hugeNotification((i) => `${i} ${'👾'.repeat(5_000)}`),
      deliveryOf(),
    );
    expect(last().body.length).toBeLessThan(1_000_000);
  });

  it('does not show its path', () => {
    expect(channel().describe().destinations).toEqual([expect.stringMatching(DESTINATION)]);
  });
});
