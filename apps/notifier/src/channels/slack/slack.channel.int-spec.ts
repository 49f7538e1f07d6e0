import { PermanentError, TransientError } from '@app/shared';
import { HTTP_FAULTS, ManualClock, startFakeSlack, type FakeSlack } from '@app/testing';
import { deliveryOf, describeChannel } from '../channel.contract.js';
import type { Channel, OutgoingDelivery } from '../channel.js';
import { httpReceiver, QUICK } from '../http/http.fixture.js';
import { notificationOf, siteOf } from '../notification.fixture.js';
import { slackChannel } from './slack.channel.js';

let slack: FakeSlack;
beforeAll(async () => void (slack = await startFakeSlack()));
afterAll(() => slack.close());

const parts = { clock: new ManualClock(0), limits: QUICK };
const settings = { id: 'noc', type: 'slack', allowPrivate: true } as const;
const bot = (): Channel => slackChannel({ ...settings, apiUrl: slack.apiUrl, token: slack.token, channel: '#noc' }, parts);
const webhook = (): Channel => slackChannel({ ...settings, apiUrl: slack.apiUrl, webhookUrl: slack.webhookUrl }, parts);

const idOf = (block: unknown): string => String(Reflect.get(Object(block) as object, 'block_id'));
const ids = (): string[] => slack.posts.map(({ posted }) => idOf(posted[0]));

describeChannel('Slack webhook', { faults: HTTP_FAULTS, taken: [] }, async () => ({
  channel: webhook(),
  receiver: httpReceiver(slack, 'noc:incoming-webhook', ids),
}));

describeChannel('Slack bot', { faults: HTTP_FAULTS, taken: [] }, async () => ({
  channel: bot(),
  receiver: httpReceiver(slack, 'noc:#noc', ids),
}));

describe('a message in Slack', () => {
  const delivery = (over: Partial<OutgoingDelivery> = {}) => deliveryOf({ destination: 'noc:#noc', ...over });
  const shown = (): string => JSON.stringify(slack.posts[0]?.blocks);
  beforeEach(() => slack.clear());
  afterEach(() => slack.say(null));

  async function opened() {
    const first = { step: 1, ...(await bot().send(notificationOf(), delivery())) };
    return { first, latest: first };
  }

  it('says how bad it is, who is affected, since when, and what to do', async () => {
    await webhook().send(notificationOf({ siteCount: 3_208 }), delivery());
    expect(slack.posts[0]?.text).toBe('🔴 [CRITICAL] Alpha: service levels critical');
    for (const expected of [
      'Example Retail',
      '3208 sites',
      '2026-03-02 12:00 UTC (14 min)',
      '*Alpha* CRITICAL since',
      'and 3207 more',
      'Coverage 61.2% critical',
      '<https://mistwatch.example.com/ack/example-link|Acknowledge>',
      '<https://wiki.example.com/runbooks/service-levels?from=mail&amp;lang=en|Runbook>',
      'Incident 17, notice 1',
    ])
      expect(shown()).toContain(expected);
  });

  it('is updated in place, with what is new in its thread', async () => {
    const thread = await opened();
    const worse = notificationOf({ reason: 'severity-raised', step: 2, title: 'Beta too' });
    const { remoteId } = await bot().send(worse, delivery({ step: 2, thread }));
    expect(remoteId).toBe(thread.first.remoteId);
    expect(slack.posts).toHaveLength(2);
    expect(shown()).toContain('Beta too');
    expect(slack.posts[1]).toMatchObject({ threadTs: slack.posts[0]?.ts, isBroadcast: true });

    const over = notificationOf({ reason: 'recovered', step: 3, sites: [siteOf('Alpha', { resolvedAt: 1 })] });
    await bot().send(over, delivery({ step: 3, thread }));
    expect(slack.posts[0]?.text).toBe('✅ [RECOVERED] Alpha: service levels critical');
    expect(shown()).not.toContain('Acknowledge');
    expect(slack.posts[2]).toMatchObject({ threadTs: slack.posts[0]?.ts, isBroadcast: false });
  });

  it('is posted again when somebody deleted it', async () => {
    const thread = await opened();
    slack.clear();
    const { remoteId } = await bot().send(notificationOf({ step: 2 }), delivery({ step: 2, thread }));
    expect(slack.posts).toHaveLength(1);
    expect(remoteId).not.toBe(thread.first.remoteId);
  });

  it('mentions nobody and starts no markup, whatever a site is called', async () => {
    await webhook().send(notificationOf({ title: '<!channel> & co', sites: [siteOf('<!here> *x*')] }), delivery());
    expect(shown()).toContain('&lt;!here&gt; ∗x∗');
    expect(shown()).not.toContain('<!');
  });

  it('names every site that fits, also where names are all markup', async () => {
    const name = '&'.repeat(500);
    await webhook().send(notificationOf({ sites: [siteOf(name, { what: [name, name, name, name] })] }), delivery());
    expect(shown()).toContain(`• *${'&amp;'.repeat(12)}`);
    expect(shown()).not.toContain('more');
  });

  it.each([
    ['ratelimited', TransientError],
    ['internal_error', TransientError],
    ['not_in_channel', PermanentError],
    ['invalid_auth', PermanentError],
  ])('that Slack answers with %s is tried again or not', async (error, kind) => {
    slack.say(error);
    await expect(bot().send(notificationOf(), delivery())).rejects.toBeInstanceOf(kind);
  });
});
