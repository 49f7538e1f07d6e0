import { createHash } from 'node:crypto';
import type { OutgoingDelivery } from '../channel.js';

export interface Thread {
  readonly messageId: string;
  /** The notice before this one; `null` for the first. */
  readonly inReplyTo: string | null;
  readonly references: readonly string[];
}

type Identity = Pick<OutgoingDelivery, 'orgId' | 'incidentId' | 'step' | 'destination' | 'incidentOpenedAt'>;

/** Ids that depend on nothing but the delivery: a mail sent twice has one id, and the mails of an incident form one thread. */
export function threadOf(delivery: Identity, from: string): Thread {
  const idOf = (step: number): string => messageIdOf({ ...delivery, step }, domainOf(from));
  const inReplyTo = delivery.step > 1 ? idOf(delivery.step - 1) : null;
  const references = inReplyTo === null ? [] : [...new Set([idOf(1), inReplyTo])];
  return { messageId: idOf(delivery.step), inReplyTo, references };
}

function messageIdOf({ orgId, incidentId, step, destination, incidentOpenedAt }: Identity, domain: string): string {
  const receiver = createHash('sha256').update(destination).digest('hex').slice(0, 12);
  return `<incident-${orgId}-${incidentId}-${incidentOpenedAt.toString(36)}.${step}.${receiver}@${domain}>`;
}

function domainOf(from: string): string {
  const domain = /@([^\s<>@]+?)>?\s*$/.exec(from)?.[1]?.toLowerCase() ?? '';
  return /^[a-z0-9.-]+$/.test(domain) ? domain : 'mistwatch.invalid';
}
