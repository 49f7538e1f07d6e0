import { HTTP_FAULTS, ManualClock, startFakeTeams, type FakeTeams } from '@app/testing';
import { deliveryOf, describeChannel } from '../channel.contract.js';
import { httpReceiver, QUICK } from '../http/http.fixture.js';
import { hugeNotification, notificationOf, siteOf } from '../notification.fixture.js';
import { teamsChannel } from './teams.channel.js';

let teams: FakeTeams;
beforeAll(async () => void (teams = await startFakeTeams()));
afterAll(() => teams.close());

const channel = () =>
  teamsChannel(
    { id: 'chat', type: 'teams', webhookUrl: teams.webhookUrl, allowPrivate: true },
    { clock: new ManualClock(0), limits: QUICK },
  );

const lastIdOf = (card: unknown): string => /"id":"([^"]+)"/.exec(JSON.stringify(card))?.[1] ?? '';

describeChannel('Teams', { faults: HTTP_FAULTS, taken: ['huge'] }, async () => ({
  channel: channel(),
  receiver: httpReceiver(teams, 'chat:workflow', () => teams.cards.map(lastIdOf)),
}));

describe('a card in Teams', () => {
  const sent = async (...[notification, delivery]: Parameters<ReturnType<typeof channel>['send']>): Promise<string> => {
    await channel().send(notification, delivery);
    return JSON.stringify(teams.cards.at(-1));
  };

  it('says how bad it is, who is affected, since when, and what to do', async () => {
    const card = await sent(notificationOf({ siteCount: 3_208 }), deliveryOf());
    for (const expected of [
      '"style":"attention"',
      '\\\\[CRITICAL\\\\] Alpha: service levels critical',
      'Example Retail',
      '3208 sites',
      '2026-03-02 12:00 UTC (14 min)',
      '**Alpha** CRITICAL since',
      'and 3207 more',
      '{"type":"Action.OpenUrl","title":"Acknowledge","url":"https://mistwatch.example.com/ack/example-link"}',
      '"title":"Runbook"',
      'Incident 17, notice 1',
    ])
      expect(card).toContain(expected);
  });

  it('turns green when it is over, and asks nobody to take it', async () => {
    const card = await sent(notificationOf({ reason: 'recovered', step: 2 }), deliveryOf({ step: 2 }));
    expect(card).toContain('"style":"good"');
    expect(card).not.toContain('Acknowledge');
  });

  it('obeys no Markdown of names', async () => {
    const card = await sent(notificationOf({ sites: [siteOf('[click](https://bad.example.com) **x**')] }), deliveryOf());
    expect(card).toContain('\\\\[click\\\\]\\\\(https://bad.example.com\\\\) \\\\*\\\\*x\\\\*\\\\*');
  });

  it.each(['plain', '👾'.repeat(300), '[*_`'.repeat(300)])('stays below the limit of Teams with names like %#', async (name) => {
    const card = await sent(
      hugeNotification((i) => `${i} ${name}`),
      deliveryOf(),
    );
    expect(Buffer.byteLength(card)).toBeLessThan(27_000);
    expect(card).toContain('more');
  });
});
