import { PermanentError, TransientError } from '@app/shared';
import type { Channel, OutgoingDelivery } from './channel.js';
import { HOSTILE_NAMES, hugeNotification, notificationOf, siteOf } from './notification.fixture.js';

/** A real receiver of a channel's messages that misbehaves on request. */
export interface Receiver {
  readonly destination: string;
  /** Ids of what arrived. */
  received(): readonly string[];
  refuse(how: 'later' | 'forever' | null): void;
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

/** What every channel keeps, whoever is at the other end. */
export function describeChannel(name: string, make: () => Promise<{ channel: Channel; receiver: Receiver }>): void {
  describe(`the ${name} channel`, () => {
    let channel: Channel;
    let receiver: Receiver;
    beforeAll(async () => void ({ channel, receiver } = await make()));
    afterEach(() => receiver.refuse(null));
    const delivery = (over: Partial<OutgoingDelivery> = {}): OutgoingDelivery =>
      deliveryOf({ destination: receiver.destination, ...over });

    it('names itself and everybody it tells', () => {
      const { id, destinations } = channel.describe();
      expect(destinations).toContain(receiver.destination);
      expect(destinations.every((destination) => destination.startsWith(`${id}:`))).toBe(true);
    });

    it('delivers, and says under which id', async () => {
      const { messageId } = await channel.send(notificationOf(), delivery());
      expect(receiver.received().at(-1)).toBe(messageId);
    });

    it('gives one delivery one id however often it is sent, and another delivery another', async () => {
      const ids = [];
      for (const step of [2, 2, 3]) ids.push((await channel.send(notificationOf({ step }), delivery({ step }))).messageId);
      expect(ids[0]).toBe(ids[1]);
      expect(ids[2]).not.toBe(ids[0]);
    });

    it('asks to try again when the receiver says later', async () => {
      receiver.refuse('later');
      await expect(channel.send(notificationOf(), delivery())).rejects.toBeInstanceOf(TransientError);
    });

    it('asks not to try again when the receiver says never', async () => {
      receiver.refuse('forever');
      await expect(channel.send(notificationOf(), delivery())).rejects.toBeInstanceOf(PermanentError);
    });

    it.each(HOSTILE_NAMES.map((hostile, i) => [i, hostile] as const))('delivers hostile name %i', async (i, hostile) => {
      const before = receiver.received().length;
      await channel.send(
        notificationOf({ title: hostile, orgName: hostile, sites: [siteOf(hostile)] }),
        delivery({ step: 100 + i }),
      );
      expect(receiver.received()).toHaveLength(before + 1);
    });

    it('delivers an incident of thousands of sites', async () => {
      const before = receiver.received().length;
      await channel.send(hugeNotification(), delivery({ step: 200 }));
      expect(receiver.received()).toHaveLength(before + 1);
    });
  });
}
