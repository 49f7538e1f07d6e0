import { HTTP_FAULTS, ManualClock, startFakePagerDuty, type FakePagerDuty } from '@app/testing';
import { deliveryOf, describeChannel } from '../channel.contract.js';
import { fieldOf, textOf } from '../http/json.js';
import { httpReceiver, QUICK } from '../http/http.fixture.js';
import { notificationOf } from '../notification.fixture.js';
import { pagerDutyChannel } from './pagerduty.channel.js';

let service: FakePagerDuty;
beforeAll(async () => void (service = await startFakePagerDuty()));
afterAll(() => service.close());

const channel = () =>
  pagerDutyChannel(
    { id: 'duty', type: 'pagerduty', routingKey: service.routingKey, eventsUrl: service.eventsUrl, allowPrivate: true },
    { clock: new ManualClock(0), limits: QUICK },
  );
const noticeOf = (event: unknown): string => textOf(fieldOf(fieldOf(event, 'payload'), 'custom_details'), 'notice') ?? '';

describeChannel('PagerDuty', { faults: HTTP_FAULTS, taken: [] }, async () => ({
  channel: channel(),
  receiver: httpReceiver(service, 'duty:service', () => service.events.map(noticeOf)),
}));

describe('an alert in PagerDuty', () => {
  const delivery = (incidentId: number, step = 1) => deliveryOf({ destination: 'duty:service', incidentId, step });
  const alertOf = (key: string | null) => service.alerts.get(key ?? '');

  it('is triggered once, gets worse, is taken and is resolved', async () => {
    const pager = channel();
    const { remoteId } = await pager.send(notificationOf({ severity: 'major' }), delivery(1));
    expect(alertOf(remoteId)).toMatchObject({ status: 'triggered', severity: 'error' });
    const size = service.alerts.size;

    const worse = await pager.send(notificationOf({ reason: 'severity-raised', step: 2 }), delivery(1, 2));
    expect(worse.remoteId).toBe(remoteId);
    expect(service.alerts.size).toBe(size);
    expect(alertOf(remoteId)).toEqual({
      status: 'triggered',
      severity: 'critical',
      summary: '[CRITICAL] Alpha: service levels critical',
    });

    await pager.send(notificationOf({ reason: 'acknowledged', step: 3 }), delivery(1, 3));
    expect(alertOf(remoteId)?.status).toBe('acknowledged');
    await pager.send(notificationOf({ reason: 'recovered', step: 4 }), delivery(1, 4));
    expect(alertOf(remoteId)?.status).toBe('resolved');
  });

  it('links to what to do about it', async () => {
    await channel().send(notificationOf(), delivery(2));
    expect(fieldOf(service.events.at(-1), 'links')).toEqual([
      { href: 'https://mistwatch.example.com/ack/example-link', text: 'Acknowledge' },
      { href: 'https://wiki.example.com/runbooks/service-levels?from=mail&lang=en', text: 'Runbook' },
      { href: 'https://mistwatch.example.com/v1/orgs/org-1/reports/summary', text: 'Summary report' },
      { href: 'https://mistwatch.example.com/v1/orgs/org-1/alerts', text: 'All alerts' },
    ]);
  });

  it('of another incident is another one', async () => {
    const [one, two] = await Promise.all([3, 4].map((id) => channel().send(notificationOf(), delivery(id))));
    expect(one?.remoteId).not.toBe(two?.remoteId);
  });
});
