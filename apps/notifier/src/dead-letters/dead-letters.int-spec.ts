import { replayDelivery } from '@app/shared';
import { startHttpReceiver, type GivenAnswer, type HttpReceiver } from '@app/testing';
import type { DispatchService } from '../dispatch/dispatch.service.js';
import { MINUTE, Rig, SECOND } from '../rig.spec-support.js';

const HOUR = 60 * MINUTE;
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const GROUP_WAIT = 30 * SECOND;

let rig: Rig;
let receiver: HttpReceiver;
let answer: GivenAnswer;
beforeEach(async () => {
  answer = { status: 200 };
  [rig, receiver] = await Promise.all([Rig.start(), startHttpReceiver(() => answer)]);
}, 60_000);
afterEach(async () => {
  await rig.stop();
  await receiver.close();
}, 30_000);

const ownAddress = (): string => `own:${new URL(receiver.url).host}`;
const own = (id: string): object => ({ id, type: 'webhook', url: receiver.url, secret: SECRET, allowPrivate: true });
/** A notifier that tells mail and a webhook, and an incident that is about to be told. */
async function begin(to: readonly string[] = ['noc@example.com'], more: Readonly<Record<string, unknown>> = {}) {
  const { dispatch } = await rig.notifier(to, { channels: [own('own')], ...more });
  const alert = await rig.alert('site-down', await rig.site('Alpha'));
  await dispatch.sendDue();
  rig.clock.advance(GROUP_WAIT);
  return { dispatch, alert };
}

interface Row {
  readonly id: number;
  readonly destination: string;
  readonly reason: string;
  readonly status: string;
  readonly attempts: number;
}
const deliveries = (): Promise<Row[]> =>
  rig.database.query<Row & { [column: string]: unknown }>(
    'select id, destination, reason, status, attempts from delivery order by id',
  );
const shown = async (): Promise<string[]> =>
  (await deliveries()).map(({ destination, reason, status }) => `${destination.split(':')[0] ?? ''} ${reason} ${status}`);
const actions = async (): Promise<string[]> =>
  (await rig.database.query<{ action: string }>('select action from audit order by id')).map(({ action }) => action);

/** Time jumps from one due attempt to the next, as long as there is one within the time given. Returns when each was due, from now. */
async function untilGivenUp(dispatch: DispatchService, withinMs: number): Promise<number[]> {
  const start = rig.clock.now();
  const times = [0];
  await dispatch.sendDue();
  for (;;) {
    const [next] = await rig.database.query<{ at: Date | null }>(
      `select min(due_at) as at from delivery where status = 'due' and due_at > $1`,
      [new Date(rig.clock.now())],
    );
    const at = next?.at?.getTime() ?? null;
    if (at === null || at > start + withinMs) return times;
    rig.clock.set(at);
    times.push(rig.clock.now() - start);
    await dispatch.sendDue();
  }
}

describe('a receiver that asks for time', () => {
  it('is asked again when it said, not earlier, and on record with its answer', async () => {
    const { dispatch } = await begin([]);
    answer = { status: 429, headers: { 'retry-after': '300' } };
    await dispatch.sendDue();
    expect(receiver.requests).toHaveLength(1);
    answer = { status: 200 };
    rig.clock.advance(299 * SECOND);
    await dispatch.sendDue();
    expect(receiver.requests).toHaveLength(1);
    rig.clock.advance(SECOND);
    await dispatch.sendDue();
    expect(receiver.requests).toHaveLength(2);
    const attempts = await rig.database.query<{ outcome: string; answer: string }>(
      'select attempt, outcome, answer from delivery_attempt order by attempt',
    );
    expect(attempts).toMatchObject([
      { attempt: 1, outcome: 'retry', answer: expect.stringContaining('429') as string },
      { attempt: 2, outcome: 'sent' },
    ]);
  }, 60_000);

  it('does not shorten the wait that has grown by itself', async () => {
    const { dispatch } = await begin([]);
    answer = { status: 503, headers: { 'retry-after': '1' } };
    await untilGivenUp(dispatch, 10 * MINUTE);
    const waits = (await deliveries())[0]?.attempts ?? 0;
    // 10 s, 20 s, 40 s ... less up to a fifth: six to eight attempts in ten minutes, and not six hundred.
    expect(waits).toBeGreaterThanOrEqual(5);
    expect(waits).toBeLessThanOrEqual(8);
  }, 60_000);
});

describe('a receiver that is down for a day', () => {
  it('is tried less and less often over the whole day, then given up, and mail tells that it was not told', async () => {
    const { dispatch } = await begin();
    answer = { status: 500 };
    const times = await untilGivenUp(dispatch, 26 * HOUR);
    const own = (await deliveries()).find(({ destination }) => destination.startsWith('own:'));
    expect(own).toMatchObject({ status: 'dead', reason: 'opened' });
    expect(own?.attempts).toBeGreaterThan(45);
    const waits = times.slice(1).map((at, i) => at - (times[i] ?? 0));
    expect(Math.max(...waits)).toBeLessThanOrEqual(30 * MINUTE);
    expect(Math.max(...times)).toBeGreaterThan(23 * HOUR);
    const attempts = await rig.database.query('select 1 from delivery_attempt where delivery_id = $1', [own?.id]);
    expect(attempts).toHaveLength(own?.attempts ?? 0);
    expect(rig.news()).toContain(`noc@example.com [UNDELIVERED] ${ownAddress()} was not told: Alpha: site down`);
    expect(rig.sink.mails.filter(({ text }) => text?.includes('Last answer:') === true)).toHaveLength(1);
    expect(await actions()).toEqual(['delivery-dead']);
  }, 60_000);
});

describe('news of a lost notice', () => {
  const lost = (to: string): string => `${to} [UNDELIVERED] ${ownAddress()} was not told: Alpha: site down`;

  it('goes out once for an incident and a destination, however many of its notices are lost', async () => {
    const { dispatch, alert } = await begin();
    answer = { status: 410 };
    await rig.pass(dispatch, MINUTE);
    await rig.change(alert, { severity: 'major' });
    await rig.pass(dispatch, 9 * HOUR, HOUR);
    expect((await shown()).filter((row) => row === 'own repeat dead').length).toBeGreaterThan(1);
    expect(rig.news().filter((subject) => subject.includes('UNDELIVERED'))).toEqual([lost('noc@example.com')]);
  }, 60_000);

  it('is told to those whom the incident concerns before it is told to everybody', async () => {
    const policies = [{ id: 'all', steps: [{ to: ['own', 'email:a@example.com'] }] }];
    const { dispatch } = await begin(['a@example.com', 'b@example.com'], { policies });
    answer = { status: 410 };
    await rig.pass(dispatch, MINUTE);
    expect(rig.news()).toEqual(['a@example.com [CRITICAL] Alpha: site down', lost('a@example.com')]);
  }, 60_000);

  it('goes to the other addresses of the channel where there is no other channel, and nowhere where there is none', async () => {
    const { dispatch } = await begin(['a@example.com', 'b@example.com'], { channels: [] });
    rig.sink.setFault('550');
    await dispatch.sendDue();
    rig.sink.setFault(null);
    await rig.pass(dispatch, MINUTE);
    expect((await shown()).slice(0, 2)).toEqual(['email opened dead', 'email opened dead']);
    expect((await actions()).slice(0, 2)).toEqual(['delivery-dead', 'delivery-dead']);
    const [one, two] = await rig.database.query<{ to: string }>(
      `select destination as to from delivery where reason = 'undelivered' order by destination`,
    );
    expect([one?.to, two?.to]).toEqual(['email:a@example.com', 'email:b@example.com']);
  }, 60_000);

  it('is only on record where nobody else can be reached', async () => {
    const { dispatch } = await begin([]);
    answer = { status: 410 };
    await rig.pass(dispatch, MINUTE);
    expect(await shown()).toEqual(['own opened dead']);
    expect(await actions()).toEqual(['delivery-dead']);
  }, 60_000);

  it('never goes round: when it is lost too, nobody is told of that', async () => {
    const { dispatch } = await begin(['noc@example.com'], { channels: [own('own'), own('other')] });
    answer = { status: 410 };
    rig.sink.setFault('550');
    await rig.pass(dispatch, HOUR, 10 * MINUTE);
    const rows = await shown();
    expect(rows.filter((row) => row.includes('opened'))).toEqual(['email opened dead', 'own opened dead', 'other opened dead']);
    // Each of the three lost notices is told to the two other channels, and that is the end of it.
    expect(rows.filter((row) => row.includes('undelivered'))).toHaveLength(6);
    expect(rows.every((row) => row.endsWith('dead'))).toBe(true);
    expect(await actions()).toHaveLength(9);
  }, 60_000);

  it('never goes round by way of digests either', async () => {
    const limits = { perDestinationPerHour: 1 };
    const { dispatch } = await begin(['noc@example.com'], { limits });
    answer = { status: 410 };
    rig.sink.setFault('550');
    await rig.pass(dispatch, 8 * HOUR, 61 * MINUTE);
    const count = async (): Promise<number> => (await deliveries()).filter(({ reason }) => reason === 'undelivered').length;
    const before = await count();
    await rig.pass(dispatch, 30 * HOUR, 5 * HOUR);
    expect(await count()).toBe(before);
  }, 60_000);

  it('stands in the explanation of the alert', async () => {
    const { dispatch } = await begin();
    answer = { status: 410 };
    await rig.pass(dispatch, MINUTE);
    const decisions = await rig.database.query('select detail from incident_decision where reason = $1', ['undelivered']);
    expect(decisions).toEqual([{ detail: { notice: 1, from: ownAddress(), to: ['email:noc@example.com'] } }]);
  }, 60_000);
});

describe('a lost notice that is put back', () => {
  it('is sent for another day, once its channel works again', async () => {
    const { dispatch } = await begin();
    answer = { status: 410 };
    await rig.pass(dispatch, MINUTE);
    const [dead] = (await deliveries()).filter(({ status }) => status === 'dead');
    answer = { status: 200 };
    rig.clock.advance(30 * HOUR);
    const change = { at: new Date(rig.clock.now()), actor: 'cli' };
    expect(await replayDelivery(rig.database, rig.orgId, dead?.id ?? 0, change)).toBe('due');
    expect(await replayDelivery(rig.database, rig.orgId + 1, dead?.id ?? 0, change)).toBe('not-found');
    await dispatch.sendDue();
    expect((await deliveries()).find(({ id }) => id === dead?.id)).toMatchObject({ status: 'sent', attempts: 2 });
    expect(await replayDelivery(rig.database, rig.orgId, dead?.id ?? 0, change)).toBe('not-dead');
    expect(await actions()).toEqual(['delivery-dead', 'delivery.replay']);
  }, 60_000);
});
