import { PermanentError, TransientError } from '@app/shared';
import type { HttpFault } from '@app/testing';
import type { Channel, OutgoingDelivery } from './channel.js';
import { HOSTILE_NAMES, hugeNotification, notificationOf, siteOf } from './notification.fixture.js';

export type ReceiverFault = 'later' | 'forever' | HttpFault;

/** A real receiver of a channel's messages that misbehaves on request. */
export interface Receiver {
  readonly destination: string;
  /** Ids of what arrived, in the order of arrival. */
  received(): readonly string[];
  refuse(how: ReceiverFault | null): void;
}

/** In which ways a receiver can misbehave, and which strange answers with a status of 2xx still mean that it took the message. */
export interface Misbehaviour {
  readonly faults: readonly HttpFault[];
  readonly taken: readonly HttpFault[];
}

export const deliveryOf = (over: Partial<OutgoingDelivery> = {}): OutgoingDelivery => ({
  orgId: 1,
  incidentId: 17,
  step: 1,
  destination: 'email:noc@example.com',
  createdAt: Date.UTC(2026, 2, 2, 12, 14),
  incidentOpenedAt: Date.UTC(2026, 2, 2, 12),
  report: null,
  thread: null,
  ...over,
});

function eachOf<F extends HttpFault>(faults: readonly F[], name: string, test: (fault: F) => Promise<void>): void {
  for (const fault of faults) it(name.replace('%s', fault), () => test(fault));
}

const SECRETS = /hook-secret|whsec_|of-somebody/;

/** What every channel keeps, whoever is at the other end. Texts with `hook-secret` in them are secrets that it was configured with. */
export function describeChannel(
  name: string,
  { faults, taken }: Misbehaviour,
  make: () => Promise<{ channel: Channel; receiver: Receiver }>,
): void {
  const those = <const F extends HttpFault>(...wanted: readonly F[]): F[] => wanted.filter((fault) => faults.includes(fault));

  describe(`the ${name} channel`, () => {
    let channel: Channel;
    let receiver: Receiver;
    beforeAll(async () => void ({ channel, receiver } = await make()));
    afterEach(() => receiver.refuse(null));
    const delivery = (over: Partial<OutgoingDelivery> = {}): OutgoingDelivery =>
      deliveryOf({ destination: receiver.destination, ...over });
    const send = (over: Partial<OutgoingDelivery> = {}) =>
      channel.send(notificationOf({ step: over.step ?? 1, incidentId: over.incidentId ?? 17 }), delivery(over));
    const failureOf = async (sending: Promise<unknown>): Promise<unknown> => {
      const outcome = await sending.then(
        () => null,
        (error: unknown) => error,
      );
      expect(outcome instanceof Error ? outcome.message : '').not.toMatch(SECRETS);
      return outcome;
    };

    it('names itself and everybody it tells', () => {
      const { id, destinations } = channel.describe();
      expect(destinations).toContain(receiver.destination);
      expect(destinations.every((destination) => destination.startsWith(`${id}:`))).toBe(true);
      expect(JSON.stringify(channel.describe())).not.toMatch(SECRETS);
    });

    it('delivers, and says under which id', async () => {
      const { messageId } = await send();
      expect(receiver.received().at(-1)).toBe(messageId);
    });

    it('gives one delivery one id however often it is sent, and another delivery another', async () => {
      const ids = [];
      for (const step of [2, 2, 3]) ids.push((await send({ step })).messageId);
      expect(ids[0]).toBe(ids[1]);
      expect(ids[2]).not.toBe(ids[0]);
    });

    it('asks to try again when the receiver says later', async () => {
      receiver.refuse('later');
      expect(await failureOf(send({ incidentId: 20 }))).toBeInstanceOf(TransientError);
    });

    it('asks not to try again when the receiver says never', async () => {
      receiver.refuse('forever');
      expect(await failureOf(send({ incidentId: 21 }))).toBeInstanceOf(PermanentError);
    });

    eachOf(those('throttle'), 'waits as long as it is told to: %s', async (fault) => {
      receiver.refuse(fault);
      expect(await failureOf(send({ incidentId: 22 }))).toMatchObject({ retryAfterMs: 7_000 });
    });

    eachOf(those('broken', 'silence', 'reset'), 'asks to try again after: %s', async (fault) => {
      receiver.refuse(fault);
      expect(await failureOf(send({ incidentId: 23 }))).toBeInstanceOf(TransientError);
    });

    eachOf(those('answer-lost'), 'sends the same again: %s', async (fault) => {
      const before = receiver.received().length;
      receiver.refuse(fault);
      expect(await failureOf(send({ incidentId: 24 }))).toBeInstanceOf(TransientError);
      receiver.refuse(null);
      const { messageId } = await send({ incidentId: 24 });
      const arrived = receiver.received().slice(before);
      expect(new Set(arrived)).toEqual(new Set([messageId]));
    });

    eachOf(those('redirect'), 'goes nowhere but where it was sent: %s', async (fault) => {
      receiver.refuse(fault);
      const failure = await failureOf(send({ incidentId: 25 }));
      expect(failure).toBeInstanceOf(PermanentError);
      expect(failure instanceof Error ? failure.message : '').toContain('redirect to http://127.0.0.1:1,');
    });

    eachOf(those('html', 'huge'), 'is not misled by an answer that is %s', async (fault) => {
      receiver.refuse(fault);
      const failure = await failureOf(send({ incidentId: 26 }));
      if (taken.includes(fault)) expect(failure).toBeNull();
      else expect(failure).toBeInstanceOf(TransientError);
      expect(failure instanceof Error ? failure.message.length : 0).toBeLessThan(500);
    });

    it.each(HOSTILE_NAMES.map((hostile, i) => [i, hostile] as const))('delivers hostile name %i', async (i, hostile) => {
      const before = receiver.received().length;
      const incidentId = 100 + i;
      const sites = [siteOf(hostile, { what: [hostile] })];
      await channel.send(notificationOf({ incidentId, title: hostile, orgName: hostile, sites }), delivery({ incidentId }));
      expect(receiver.received()).toHaveLength(before + 1);
    });

    it('delivers an incident of thousands of sites', async () => {
      const before = receiver.received().length;
      await channel.send({ ...hugeNotification(), incidentId: 200 }, delivery({ incidentId: 200 }));
      expect(receiver.received()).toHaveLength(before + 1);
    });

    it('tells an incident from its beginning to its end', async () => {
      const before = receiver.received().length;
      const first = { step: 1, ...(await send({ incidentId: 300 })) };
      const worse = notificationOf({ incidentId: 300, step: 2, reason: 'severity-raised' });
      const second = {
        step: 2,
        ...(await channel.send(worse, delivery({ incidentId: 300, step: 2, thread: { first, latest: first } }))),
      };
      const over = notificationOf({ incidentId: 300, step: 3, reason: 'recovered' });
      const { messageId } = await channel.send(over, delivery({ incidentId: 300, step: 3, thread: { first, latest: second } }));
      expect(receiver.received().slice(before)).toEqual([first.messageId, second.messageId, messageId]);
    });
  });
}
