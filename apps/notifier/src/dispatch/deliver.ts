import { randomUUID } from 'node:crypto';
import { PermanentError, scrubText, TransientError, type Clock, type Database } from '@app/shared';
import type { Channel, OutgoingDelivery } from '../channels/channel.js';
import { recordDeadLetter } from '../dead-letters/dead-letters.js';
import { admit, type AdmissionRules } from './admission.js';
import { claimDeliveries, recordAttempt, readThread, type AttemptRecord, type ClaimedDelivery } from './deliveries.repository.js';
import { retryAt } from './retry.js';

export interface DeliveryContext {
  readonly database: Database;
  readonly clock: Clock;
  readonly channelOf: (id: string) => Channel;
  /** The summary report of an org as of now; a failure leaves it out, the notice itself matters more. */
  readonly reportOf: (orgId: number) => Promise<OutgoingDelivery['report']>;
  readonly rules: AdmissionRules;
  readonly random: () => number;
  readonly onFailure: (delivery: ClaimedDelivery, record: AttemptRecord) => void;
}

/** Longer than any attempt to send can last, in real time; a claim that outlives it belonged to a process that died. */
const LEASE_MS = 120_000;
const CLAIM_SIZE = 5;

/** Third stage: sends what is due, a few at a time until nothing is left. Returns how many attempts were made. */
export async function deliverDue(context: DeliveryContext): Promise<number> {
  const claimant = randomUUID();
  let attempts = 0;
  for (;;) {
    const claimed = await claimDeliveries(context.database, {
      claimant,
      now: context.clock.now(),
      leaseMs: LEASE_MS,
      limit: CLAIM_SIZE,
    });
    if (claimed.length === 0) return attempts;
    attempts += claimed.length;
    await Promise.all(claimed.map((delivery) => attempt(context, delivery)));
  }
}

async function attempt(context: DeliveryContext, delivery: ClaimedDelivery): Promise<void> {
  const admission = await admit(context.database, delivery, context.rules, context.clock.now());
  if (admission !== 'send') return;
  const record = await send(context, delivery);
  const now = context.clock.now();
  await context.database.transaction(async (tx) => {
    const isOurs = await recordAttempt(tx, delivery, record, now);
    if (isOurs && record.outcome === 'dead')
      await recordDeadLetter(tx, { delivery, answer: record.answer }, context.rules.book, now);
  });
  if (record.outcome !== 'sent') context.onFailure(delivery, record);
}

async function send(context: DeliveryContext, delivery: ClaimedDelivery): Promise<AttemptRecord> {
  try {
    const channel = context.channelOf(delivery.channel);
    const report = channel.describe().attachesReport ? await context.reportOf(delivery.orgId) : null;
    const thread = await readThread(context.database, delivery);
    const accepted = await channel.send(delivery.notification, { ...delivery, report, thread });
    return { outcome: 'sent', answer: 'accepted', ...accepted, retryAt: null };
  } catch (error) {
    return failed(error, delivery, context);
  }
}

/** An error of neither kind is a fault of ours: tried again like a transient one, because a notice must not be lost by it. */
function failed(error: unknown, { createdAt, attempts }: ClaimedDelivery, { clock, random }: DeliveryContext): AttemptRecord {
  const answer = scrubText(error instanceof Error ? error.message : String(error));
  if (error instanceof PermanentError) return { outcome: 'dead', answer, messageId: null, remoteId: null, retryAt: null };
  const retryAfterMs = error instanceof TransientError ? error.retryAfterMs : null;
  const at = retryAt({ createdAt, attempts: attempts + 1, retryAfterMs }, clock.now(), random());
  return { outcome: at === null ? 'dead' : 'retry', answer, messageId: null, remoteId: null, retryAt: at };
}
