import { createHash } from 'node:crypto';
import type { OutgoingDelivery } from './channel.js';

/** What makes a delivery that delivery; nothing else goes into its ids. */
export type DeliveryIdentity = Pick<OutgoingDelivery, 'orgId' | 'incidentId' | 'step' | 'destination' | 'incidentOpenedAt'>;

/** Names an incident, also among the incidents of other databases. */
export const incidentIdOf = ({ orgId, incidentId, incidentOpenedAt }: Omit<DeliveryIdentity, 'step' | 'destination'>): string =>
  `incident-${orgId}-${incidentId}-${incidentOpenedAt.toString(36)}`;

const receiverOf = (destination: string): string => createHash('sha256').update(destination).digest('hex').slice(0, 12);

/** Names all that one destination is told about one incident. */
export const threadIdOf = (delivery: Omit<DeliveryIdentity, 'step'>): string =>
  `${incidentIdOf(delivery)}.${receiverOf(delivery.destination)}`;

/** Names a delivery: the same however often it is sent. */
export const noticeIdOf = (delivery: DeliveryIdentity): string =>
  `${incidentIdOf(delivery)}.${delivery.step}.${receiverOf(delivery.destination)}`;
