import { PermanentError, parseSettings, type JiraSettings } from '@app/shared';
import { HTTP_FAULTS, ManualClock, startFakeJira, type FakeJira } from '@app/testing';
import { deliveryOf, describeChannel } from '../channel.contract.js';
import type { Channel, NoticeThread } from '../channel.js';
import { httpReceiver, QUICK } from '../http/http.fixture.js';
import { notificationOf, siteOf } from '../notification.fixture.js';
import { jiraChannel } from './jira.channel.js';

let jira: FakeJira;
beforeAll(async () => void (jira = await startFakeJira()));
afterAll(() => jira.close());

function channel(more = ''): Channel {
  const yaml = `channels: [{ id: tickets, type: jira, baseUrl: "${jira.url}", email: ${jira.email}, token: ${jira.token}, projectKey: NET, allowPrivate: true${more} }]`;
  const [settings] = parseSettings(yaml, {}).channels;
  return jiraChannel(settings as JiraSettings, { clock: new ManualClock(0), limits: QUICK });
}

const noticeOf = (text: string): string => /mistwatch (incident-[\w.-]+)/.exec(text)?.[1] ?? '';

describeChannel('Jira', { faults: HTTP_FAULTS, taken: [] }, async () => ({
  channel: channel(),
  receiver: httpReceiver(jira, 'tickets:NET', () => jira.texts.map(noticeOf)),
}));

describe('a ticket in Jira', () => {
  let incidentId = 1_000;
  beforeEach(() => (incidentId += 1));
  afterEach(() => jira.fixedFields.clear());
  const delivery = (step = 1, thread: NoticeThread | null = null) =>
    deliveryOf({ destination: 'tickets:NET', incidentId, step, thread });
  const ticketOf = (key: string | null) => jira.tickets.get(key ?? '');

  async function opened(over: Parameters<typeof notificationOf>[0] = {}) {
    const first = { step: 1, ...(await channel().send(notificationOf(over), delivery())) };
    const ticket = ticketOf(first.remoteId);
    if (ticket === undefined) throw new Error('no ticket was opened');
    return { ticket, thread: { first, latest: first } };
  }

  it('looks as the template of its severity says', async () => {
    const { ticket } = await opened({ severity: 'major', title: 'Alpha: site down' });
    expect(ticket.fields).toMatchObject({
      summary: '[MAJOR] Alpha: site down',
      priority: { name: 'High' },
      labels: ['mistwatch', expect.stringMatching(/^mistwatch-incident-1-/)],
    });
    const templates =
      ', templates: { major: { summary: "{org} / {sites}", fields: { priority: { name: Medium }, labels: [wan] } } }';
    incidentId += 1;
    const { remoteId } = await channel(templates).send(notificationOf({ severity: 'major' }), delivery());
    expect(ticketOf(remoteId)?.fields).toMatchObject({
      summary: 'Example Retail / 1 site',
      priority: { name: 'Medium' },
      labels: ['wan', 'mistwatch', expect.any(String)],
    });
  });

  it('is opened once, commented when it gets worse, and closed when it is over', async () => {
    const { ticket, thread } = await opened({ severity: 'major' });
    const size = jira.tickets.size;
    const worse = notificationOf({ severity: 'critical', reason: 'severity-raised', step: 2 });
    await channel().send(worse, delivery(2, thread));
    expect(ticket.fields['priority']).toEqual({ name: 'Highest' });
    expect(ticket.comments).toHaveLength(1);

    await channel().send(notificationOf({ reason: 'recovered', step: 3 }), delivery(3, thread));
    expect(ticket.status).toBe('Done');
    expect(JSON.stringify(ticket.comments[1])).toContain('RECOVERED');
    expect(jira.tickets.size).toBe(size);
  });

  it('gets no second comment and no second ticket from a notice that is sent again', async () => {
    const { ticket, thread } = await opened();
    await channel().send(notificationOf(), delivery());
    for (const attempt of [1, 2]) {
      await channel().send(notificationOf({ step: 2, reason: 'repeat' }), delivery(2, thread));
      expect({ attempt, comments: ticket.comments.length }).toEqual({ attempt, comments: 1 });
    }
  });

  it('is told what its priority could not be', async () => {
    const { ticket, thread } = await opened({ severity: 'major' });
    jira.fixedFields.add('priority');
    await channel().send(notificationOf({ reason: 'severity-raised', step: 2 }), delivery(2, thread));
    expect(JSON.stringify(ticket.comments[0])).toContain(
      'could not be changed: {\\"errorMessages\\":[],\\"errors\\":{\\"priority\\"',
    );
  });

  it('stays closed when a person closed it', async () => {
    const { ticket, thread } = await opened();
    ticket.status = 'Done';
    await channel().send(notificationOf({ reason: 'recovered', step: 2 }), delivery(2, thread));
    expect(ticket).toMatchObject({ status: 'Done', comments: [expect.anything()] });
  });

  it('is opened anew when somebody deleted it while the trouble lasts, and not when it is over', async () => {
    const { ticket, thread } = await opened();
    jira.tickets.delete(ticket.key);
    const size = jira.tickets.size;
    const over = await channel().send(notificationOf({ reason: 'recovered', step: 2 }), delivery(2, thread));
    expect([over.remoteId, jira.tickets.size]).toEqual([null, size]);
    const { remoteId } = await channel().send(notificationOf({ reason: 'repeat', step: 2 }), delivery(2, thread));
    expect(remoteId).not.toBeNull();
  });

  it('takes the transition that is wished for, and says so when there is none', async () => {
    const { ticket, thread } = await opened();
    await channel(', resolveTransition: in progress').send(notificationOf({ reason: 'recovered', step: 2 }), delivery(2, thread));
    expect(ticket.status).toBe('In Progress');
    const failing = channel(', resolveTransition: Shut').send(
      notificationOf({ reason: 'recovered', step: 3 }),
      delivery(3, thread),
    );
    await expect(failing).rejects.toThrow(/no "shut" leads it to its end.*: Start, Resolve\./);
    await expect(failing).rejects.toBeInstanceOf(PermanentError);
  });

  it('tells who took it, and whether it is closed', async () => {
    const { ticket } = await opened();
    const read = () => channel().read?.(ticket.key);
    expect(await read()).toEqual({ isClosed: false, assignee: null });
    Object.assign(ticket, { assignee: 'Jane Example', status: 'Done' });
    expect(await read()).toEqual({ isClosed: true, assignee: 'Jane Example' });
    jira.tickets.delete(ticket.key);
    expect(await read()).toBeNull();
  });

  it('shows names as they are', async () => {
    const { ticket } = await opened({ sites: [siteOf('{code}[x|http://bad.example.com] *b*')] });
    expect(JSON.stringify(ticket.fields['description'])).toContain('{code}[x|http://bad.example.com] *b*');
  });
});
