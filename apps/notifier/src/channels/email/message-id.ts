import type { OutgoingDelivery } from '../channel.js';
import { noticeIdOf, type DeliveryIdentity } from '../delivery-id.js';

export interface MailThread {
  readonly messageId: string;
  /** The mail before this one; `null` for the first. */
  readonly inReplyTo: string | null;
  readonly references: readonly string[];
}

/** Ids that depend on nothing but the delivery: a mail sent twice has one id, and the mails of an incident form one thread. */
export function threadOf(delivery: DeliveryIdentity & Pick<OutgoingDelivery, 'thread'>, from: string): MailThread {
  const messageId = `<${noticeIdOf(delivery)}@${domainOf(from)}>`;
  const { thread } = delivery;
  if (thread === null) return { messageId, inReplyTo: null, references: [] };
  const inReplyTo = thread.latest.messageId;
  return { messageId, inReplyTo, references: [...new Set([thread.first.messageId, inReplyTo])] };
}

/** The domain of who sends, which makes ids of mails unique in the world. */
export function domainOf(from: string): string {
  const domain = /@([^\s<>@]+?)>?\s*$/.exec(from)?.[1]?.toLowerCase() ?? '';
  return /^[a-z0-9.-]+$/.test(domain) ? domain : 'mistwatch.invalid';
}
