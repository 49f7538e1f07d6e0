import { randomUUID } from 'node:crypto';
import { PermanentError, scrubText, TransientError, type Clock, type Database } from '@app/shared';
import { NotTakenError, type Channel, type OutgoingDelivery } from '../channels/channel.js';
import { recordDeadLetter } from '../dead-letters/dead-letters.js';
import { admit, type AdmissionRules } from './admission.js';
import {
  claimDeliveries,
  readThread,
  recordAttempt,
  renewClaims,
  type AttemptRecord,
  type ClaimedDelivery,
} from './deliveries.repository.js';
import { persistently } from './persistently.js';
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
  /** A claim could not be renewed; the next try comes soon. */
  readonly onRenewalFailure: (error: unknown) => void;
}

/** A claim is renewed while its attempt lasts, however slow the receiver is; one that ends belonged to a process that died. */
const LEASE_MS = 120_000;
const RENEW_MS = 30_000;
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
    const outcomes = await renewing(context, claimant, () =>
      Promise.allSettled(claimed.map((delivery) => attempt(context, delivery))),
    );
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}

async function renewing<T>(context: DeliveryContext, claimant: string, work: () => Promise<T>): Promise<T> {
  const { database, clock, onRenewalFailure } = context;
  const timer = setInterval(() => {
    renewClaims(database, { claimant, now: clock.now(), leaseMs: LEASE_MS }).catch(onRenewalFailure);
  }, RENEW_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

async function attempt(context: DeliveryContext, delivery: ClaimedDelivery): Promise<void> {
  const admission = await admit(context.database, delivery, context.rules, context.clock.now());
  if (admission !== 'send') return;
  const record = await send(context, delivery);
  await note(context, delivery, record);
  if (record.outcome !== 'sent') context.onFailure(delivery, record);
}

/** Nobody else knows what the receiver said: what cannot be written now is written as soon as it can, or the notice would go out again. */
async function note(
  { database, clock, rules }: DeliveryContext,
  delivery: ClaimedDelivery,
  record: AttemptRecord,
): Promise<void> {
  const now = clock.now();
  await persistently(() =>
    database.transaction(async (tx) => {
      const isOurs = await recordAttempt(tx, delivery, record, now);
      if (isOurs && record.outcome === 'dead') await recordDeadLetter(tx, { delivery, answer: record.answer }, rules.book, now);
    }),
  );
}

async function send(context: DeliveryContext, delivery: ClaimedDelivery): Promise<AttemptRecord> {
  try {
    const channel = context.channelOf(delivery.channel);
    const report = channel.describe().attachesReport ? await context.reportOf(delivery.orgId) : null;
    const thread = await readThread(context.database, delivery);
    const accepted = await channel.send(delivery.notification, { ...delivery, report, thread });
    return { outcome: 'sent', answer: 'accepted', ...accepted, retryAt: null, isRefused: false };
  } catch (error) {
    return failed(error, delivery, context);
  }
}

/** An error of neither kind is a fault of ours: tried again like a transient one, because a notice must not be lost by it. */
function failed(error: unknown, { createdAt, attempts }: ClaimedDelivery, { clock, random }: DeliveryContext): AttemptRecord {
  const answer = scrubText(error instanceof Error ? error.message : String(error));
  const nothing = {
    messageId: null,
    remoteId: null,
    isRefused: error instanceof NotTakenError || error instanceof PermanentError,
  };
  if (error instanceof PermanentError) return { ...nothing, outcome: 'dead', answer, retryAt: null };
  const retryAfterMs = error instanceof TransientError ? error.retryAfterMs : null;
  const at = retryAt({ createdAt, attempts: attempts + 1, retryAfterMs }, clock.now(), random());
  return { ...nothing, outcome: at === null ? 'dead' : 'retry', answer, retryAt: at };
}
