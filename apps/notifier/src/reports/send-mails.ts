import { randomUUID } from 'node:crypto';
import { DAY_MS, HOUR_MS, type EpochMs } from '@app/domain';
import {
  auditRow,
  PermanentError,
  readReport,
  REPORT_FORMATS,
  reportsOfRun,
  scrubText,
  TransientError,
  type Clock,
  type Database,
  type EmailSettings,
} from '@app/shared';
import { mailAddress, type MailTransport } from '../channels/email/mail-transport.js';
import { persistently } from '../dispatch/persistently.js';
import { retryAt } from '../dispatch/retry.js';
import { claimMails, recordMail, renewMails, type ClaimedMail, type MailReaders, type MailRecord } from './mails.repository.js';
import { whileRenewing } from './renewing.js';
import { fittingFiles, renderReportMail, reportMessageId, type MailFiles } from './report-mail.js';

export interface MailingContext {
  readonly database: Database;
  readonly clock: Clock;
  /** How mails are sent; without it none is. */
  readonly mailing: { readonly transport: MailTransport; readonly settings: EmailSettings } | null;
  /** Who may get them. */
  readonly readers: readonly MailReaders[];
  readonly mailMaxMb: number;
  /** Base of the links; `null` = they are paths of the API. */
  readonly publicUrl: string | null;
  readonly random: () => number;
  readonly onAttempt: (mail: ClaimedMail, record: MailRecord) => void;
  readonly onRenewalFailure: (error: unknown) => void;
}

const LEASE_MS = 120_000;
/** Each holds its files in memory. */
const CLAIM_SIZE = 3;
/** Mails of more than this are sent one after the other. */
const LARGE_BYTES = 2_000_000;
/** A mail whose claims ended so often without an answer is what ends the processes. */
const MOST_UNANSWERED = 4;
/** Retries end a day after the mail was written; the last may be late. */
const GIVE_UP_MS = DAY_MS + HOUR_MS;

/** Sends the mails that are due as it begins, a few at a time; what becomes due meanwhile is for the next time. */
export async function sendMails(context: MailingContext, signal: AbortSignal): Promise<void> {
  const { database, clock, readers, onRenewalFailure } = context;
  const claimant = randomUUID();
  const dueBy = clock.now();
  const claim = () => ({ claimant, now: clock.now(), leaseMs: LEASE_MS });
  const largeInTurn = inTurn();
  while (!signal.aborted) {
    const fresh = await claimMails(database, claim(), { readers, dueBy, isSuspect: false, most: CLAIM_SIZE });
    // What may have ended a process takes no other mail with it.
    const claimed = fresh.length > 0 ? fresh : await claimMails(database, claim(), { readers, dueBy, isSuspect: true, most: 1 });
    if (claimed.length === 0) return;
    const outcomes = await whileRenewing({ renew: () => renewMails(database, claim()), onFailure: onRenewalFailure }, () =>
      Promise.allSettled(claimed.map((mail) => attempt({ ...context, largeInTurn }, mail))),
    );
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}

type InTurn = (work: () => Promise<void>) => Promise<void>;

/** Runs what it is given one after the other, whatever comes of it. */
function inTurn(): InTurn {
  let last = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.then(
      () => undefined,
      () => undefined, // whoever asked for it is told
    );
    return mine;
  };
}

interface AttemptContext extends MailingContext {
  readonly largeInTurn: InTurn;
}

async function attempt(context: AttemptContext, mail: ClaimedMail): Promise<void> {
  const { database, clock } = context;
  const record = await send(context, mail);
  const now = clock.now();
  const isOurs = await persistently(() =>
    database.transaction(async (tx) => {
      const isNoted = await recordMail(tx, mail, record, now);
      if (isNoted && record.outcome === 'dead')
        await auditRow(tx, mail.orgId, {
          at: new Date(now),
          actor: 'notifier',
          action: 'report-mail-dead',
          subject: `report-schedule:${mail.schedule}`,
          details: { run: mail.runId, destination: mail.destination, attempts: mail.attempts, reason: record.answer },
        });
      return isNoted;
    }),
  );
  if (isOurs) context.onAttempt(mail, record);
}

async function send(context: AttemptContext, mail: ClaimedMail): Promise<MailRecord> {
  try {
    refuseHopeless(mail, context.clock.now());
    const messageId = await sendOne(context, mail);
    return { outcome: 'sent', answer: 'accepted', messageId, retryAt: null };
  } catch (error) {
    return failed(error, mail, context);
  }
}

function refuseHopeless({ createdAt, unanswered }: ClaimedMail, now: EpochMs): void {
  if (unanswered >= MOST_UNANSWERED)
    throw new PermanentError('MAIL_NEVER_ANSWERED', 'Each process that sent it ended before the mail server answered');
  if (now - createdAt > GIVE_UP_MS) throw new PermanentError('MAIL_TOO_OLD', 'It could not be sent within a day');
}

async function sendOne(
  { database, mailing, mailMaxMb, publicUrl, largeInTurn }: AttemptContext,
  mail: ClaimedMail,
): Promise<string> {
  if (mailing === null) throw new PermanentError('MAIL_OFF', 'There is no section email in the configuration any more.');
  const { transport, settings } = mailing;
  const files = fittingFiles(await reportsOfRun(database, mail.orgId, mail.runId), mailMaxMb);
  const messageId = reportMessageId(mail, settings.from);
  const deliver = async (): Promise<void> =>
    transport.send({
      from: mailAddress(settings.from),
      to: mailAddress(mail.destination.slice(mail.destination.indexOf(':') + 1)),
      ...(settings.replyTo === undefined ? {} : { replyTo: mailAddress(settings.replyTo) }),
      ...renderReportMail(mail, files, publicUrl),
      date: new Date(mail.createdAt),
      messageId,
      attachments: await attachmentsOf(database, mail.orgId, files),
    });
  const isLarge = files.attached.reduce((sum, { bytes }) => sum + bytes, 0) > LARGE_BYTES;
  await (isLarge ? largeInTurn(deliver) : deliver());
  return messageId;
}

async function attachmentsOf(database: Database, orgId: number, { attached }: MailFiles) {
  const attachments = [];
  for (const { id, name, format } of attached) {
    const content = await readReport(database, orgId, id);
    if (content !== null) attachments.push({ filename: name, content, contentType: REPORT_FORMATS[format].type });
  }
  return attachments;
}

/** An error of neither kind is a fault of ours: tried again like a transient one, because a report must not be lost by it. */
function failed(error: unknown, { createdAt, attempts }: ClaimedMail, { clock, random }: MailingContext): MailRecord {
  const answer = scrubText(error instanceof Error ? error.message : String(error));
  if (error instanceof PermanentError) return { outcome: 'dead', answer, messageId: null, retryAt: null };
  const retryAfterMs = error instanceof TransientError ? error.retryAfterMs : null;
  const at = retryAt({ createdAt, attempts, retryAfterMs }, clock.now(), random());
  return { outcome: at === null ? 'dead' : 'retry', answer, messageId: null, retryAt: at };
}
