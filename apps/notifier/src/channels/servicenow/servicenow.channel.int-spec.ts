import { parseSettings, type ServiceNowSettings } from '@app/shared';
import { HTTP_FAULTS, ManualClock, startFakeServiceNow, type FakeServiceNow } from '@app/testing';
import { deliveryOf, describeChannel } from '../channel.contract.js';
import type { Channel } from '../channel.js';
import { httpReceiver, QUICK } from '../http/http.fixture.js';
import { notificationOf, siteOf } from '../notification.fixture.js';
import { serviceNowChannel } from './servicenow.channel.js';

let snow: FakeServiceNow;
beforeAll(async () => void (snow = await startFakeServiceNow()));
afterAll(() => snow.close());

function channel(more = ''): Channel {
  const yaml = `channels: [{ id: snow, type: servicenow, baseUrl: "${snow.url}", user: ${snow.user}, password: ${snow.password}, allowPrivate: true${more} }]`;
  const [settings] = parseSettings(yaml, {}).channels;
  return serviceNowChannel(settings as ServiceNowSettings, { clock: new ManualClock(0), limits: QUICK });
}

describeChannel('ServiceNow', { faults: HTTP_FAULTS, taken: [] }, async () => ({
  channel: channel(),
  receiver: httpReceiver(snow, 'snow:incident', () => snow.notices),
}));

describe('a record in ServiceNow', () => {
  let incidentId = 1_000;
  beforeEach(() => (incidentId += 1));
  const send = (over: Parameters<typeof notificationOf>[0] = {}, more = '') =>
    channel(more).send(notificationOf(over), deliveryOf({ destination: 'snow:incident', incidentId, step: over.step ?? 1 }));
  const ticketOf = (sysId: string | null) => {
    const ticket = snow.tickets.get(sysId ?? '');
    if (ticket === undefined) throw new Error('no record was opened');
    return ticket;
  };

  it('looks as the template of its severity says', async () => {
    const { remoteId } = await send({ severity: 'major', title: 'Alpha: site down' }, ', assignmentGroup: Network');
    const { fields } = ticketOf(remoteId);
    expect(fields).toMatchObject({
      short_description: '[MAJOR] Alpha: site down',
      urgency: '2',
      impact: '2',
      assignment_group: 'Network',
    });
    expect(fields['description']).toContain('Acknowledge: https://mistwatch.example.com/ack/example-link');
  });

  it('is opened once, noted when it gets worse, and resolved when it is over', async () => {
    const { remoteId } = await send({ severity: 'major' });
    const size = snow.tickets.size;
    await send({ reason: 'severity-raised', step: 2 });
    const ticket = ticketOf(remoteId);
    expect(ticket.fields).toMatchObject({ urgency: '1', state: '1' });
    await send({ reason: 'recovered', step: 3 });
    expect(ticket.fields).toMatchObject({ state: '6', close_code: 'Resolved by caller' });
    expect(ticket.workNotes).toEqual([expect.stringContaining('CRITICAL'), expect.stringContaining('RECOVERED')]);
    expect(snow.tickets.size).toBe(size);
  });

  it('gets no second note and no second record from a notice that is sent again', async () => {
    const { remoteId } = await send();
    await send();
    for (const attempt of [1, 2]) {
      await send({ step: 2, reason: 'repeat' });
      expect({ attempt, notes: ticketOf(remoteId).workNotes.length }).toEqual({ attempt, notes: 1 });
    }
  });

  it('stays as it is when a person closed it', async () => {
    const { remoteId } = await send();
    ticketOf(remoteId).fields['state'] = '7';
    await send({ reason: 'recovered', step: 2 });
    expect(ticketOf(remoteId).fields['state']).toBe('7');
  });

  it('tells who took it, and whether it is closed', async () => {
    const { remoteId } = await send();
    const read = () => channel().read?.(remoteId ?? '');
    expect(await read()).toEqual({ isClosed: false, assignee: null });
    Object.assign(ticketOf(remoteId).fields, { assigned_to: 'Jane Example', state: '6' });
    expect(await read()).toEqual({ isClosed: true, assignee: 'Jane Example' });
    snow.tickets.delete(remoteId ?? '');
    expect(await read()).toBeNull();
  });

  it('obeys no markup of names', async () => {
    const { remoteId } = await send({ sites: [siteOf('[code]<b>x</b>[/code]')] });
    expect(ticketOf(remoteId).fields['description']).toContain('(code)<b>x</b>(/code)');
  });
});
