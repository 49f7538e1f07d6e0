import { startFakeJira, startFakeSlack, waitFor, type FakeJira, type FakeSlack } from '@app/testing';
import { JobPublisher } from '@app/shared';
import { MINUTE, Rig, SECOND } from './rig.spec-support.js';
import { TicketWatchService } from './tickets/ticket-watch.service.js';

let rig: Rig;
let slack: FakeSlack;
let jira: FakeJira;
beforeEach(async () => {
  [rig, slack, jira] = await Promise.all([Rig.start(), startFakeSlack(), startFakeJira()]);
}, 60_000);
afterEach(async () => {
  await Promise.all([rig.stop(), slack.close(), jira.close()]);
}, 30_000);

const bot = () => ({ id: 'noc', type: 'slack', token: slack.token, channel: '#noc', apiUrl: slack.apiUrl, allowPrivate: true });
const tickets = () => ({
  id: 'tickets',
  type: 'jira',
  baseUrl: jira.url,
  email: jira.email,
  token: jira.token,
  projectKey: 'NET',
  allowPrivate: true,
});

describe('notices of one incident', () => {
  it('stay together where each destination keeps them: one message, one ticket, one thread of mails', async () => {
    const { dispatch } = await rig.notifier(['noc@example.com'], { channels: [bot(), tickets()] });
    const alert = await rig.alert('sle', await rig.site('Alpha'), { severity: 'major' });
    await dispatch.sendDue();
    rig.clock.advance(30 * SECOND);
    await dispatch.sendDue();
    rig.clock.advance(10 * MINUTE);
    await rig.change(alert, { severity: 'critical' });
    await dispatch.sendDue();
    await rig.change(alert, { status: 'resolved' });
    await dispatch.sendDue();

    expect(slack.posts.map(({ text, threadTs }) => [text, threadTs === slack.posts[0]?.ts])).toEqual([
      ['✅ [RECOVERED] Alpha: service levels critical', false],
      ['🔴 [CRITICAL] Alpha: service levels critical', true],
      ['✅ [RECOVERED] Alpha: service levels critical', true],
    ]);
    expect([...jira.tickets.values()]).toEqual([
      expect.objectContaining({ status: 'Done', comments: [expect.anything(), expect.anything()] }),
    ]);
    const [first, second, third] = rig.sink.mails;
    expect(second?.inReplyTo).toBe(first?.messageId);
    expect(third?.inReplyTo).toBe(second?.messageId);
    expect(third?.references).toBe(`${first?.messageId ?? ''} ${second?.messageId ?? ''}`);
  }, 60_000);

  it('make no second ticket when the answer about the first was lost', async () => {
    const { dispatch } = await rig.notifier([], { channels: [tickets()] });
    const alert = await rig.alert('sle', await rig.site('Alpha'));
    await dispatch.sendDue();
    rig.clock.advance(30 * SECOND);
    jira.setFault('answer-lost');
    await dispatch.sendDue();
    jira.setFault(null);
    rig.clock.advance(MINUTE);
    await dispatch.sendDue();
    await rig.change(alert, { status: 'resolved' });
    await dispatch.sendDue();
    expect([...jira.tickets.values()].map(({ status }) => status)).toEqual(['Done']);
  }, 60_000);
});

describe('a ticket that a person takes', () => {
  const audited = () => rig.database.query<{ actor: string }>(`select actor from audit where action = 'incident.acknowledge'`);

  it('takes the incident, in the name of that person, however many notifiers look', async () => {
    const [one, two] = await Promise.all([1, 2].map(() => rig.notifier([], { channels: [tickets()] })));
    const look = () => Promise.all([one, two].map(async (notifier) => notifier?.app.get(TicketWatchService).watch()));
    await rig.alert('sle', await rig.site('Alpha'));
    await one?.dispatch.sendDue();
    rig.clock.advance(30 * SECOND);
    await one?.dispatch.sendDue();
    const [ticket] = jira.tickets.values();
    if (ticket === undefined) throw new Error('no ticket was opened');
    ticket.assignee = 'Somebody by default';
    await look();
    expect(await audited()).toEqual([]);

    ticket.assignee = 'Jane Example';
    rig.clock.advance(30 * SECOND);
    await look();
    expect(await audited()).toEqual([]);
    rig.clock.advance(30 * SECOND);
    await look();
    expect(await audited()).toEqual([{ actor: 'ticket:tickets/NET-1' }]);
    expect(await rig.database.query('select acked_by as "by" from incident')).toEqual([{ by: 'Jane Example' }]);
  }, 60_000);

  it('is left alone while the ticket system is away, and looked at again later', async () => {
    const { dispatch, app } = await rig.notifier([], { channels: [tickets()] });
    await rig.alert('sle', await rig.site('Alpha'));
    await dispatch.sendDue();
    rig.clock.advance(30 * SECOND);
    await dispatch.sendDue();
    for (const ticket of jira.tickets.values()) ticket.status = 'Done';
    jira.setFault('broken');
    await app.get(TicketWatchService).watch();
    jira.setFault(null);
    rig.clock.advance(MINUTE);
    await app.get(TicketWatchService).watch();
    expect(await rig.database.query('select acked_by as "by" from incident')).toEqual([{ by: 'Jira' }]);
  }, 60_000);
});

describe('a test of a channel that somebody asked for', () => {
  const outcome = async (): Promise<unknown> => {
    const [row] = await rig.database.query<{ outcome: unknown }>('select outcome from channel_test where done_at is not null');
    return row?.outcome ?? null;
  };

  async function ask(channel: string): Promise<number> {
    const [row] = await rig.database.query<{ id: number }>(
      `insert into channel_test (org_id, channel, asked_at, asked_by) values ($1, $2, now(), 'key:1') returning id`,
      [rig.orgId, channel],
    );
    return row?.id ?? 0;
  }

  it('is made once, and stands in the audit log', async () => {
    const { app } = await rig.notifier([], { channels: [bot()] }, ['notify']);
    const testId = await ask('noc');
    await app.get(JobPublisher).publish('test-channel', { orgId: 'org-1', testId });
    expect(await waitFor(outcome)).toEqual([{ destination: 'noc:#noc', failure: null }]);
    expect(await rig.database.query('select actor, action, subject, org_id as "orgId" from audit')).toEqual([
      { actor: 'key:1', action: 'channel.test', subject: 'channel:noc', orgId: rig.orgId },
    ]);
  }, 60_000);

  it('says so when the notifier has no such channel', async () => {
    const { app } = await rig.notifier([], { channels: [bot()] }, ['notify']);
    await app.get(JobPublisher).publish('test-channel', { orgId: 'org-1', testId: await ask('nok') });
    expect(await waitFor(outcome)).toEqual([
      { destination: 'nok', failure: 'There is no such channel in the configuration of the notifier.' },
    ]);
  }, 60_000);
});
