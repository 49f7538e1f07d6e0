import { randomUUID } from 'node:crypto';
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
import { claimMails, recordMail, renewMails, type ClaimedMail, type MailRecord } from './mails.repository.js';
import { whileRenewing } from './renewing.js';
import { fittingFiles, renderReportMail, reportMessageId } from './report-mail.js';

export interface MailingContext {
  readonly database: Database;
  readonly clock: Clock;
  /** How mails are sent; without it none is. */
  readonly mailing: { readonly transport: MailTransport; readonly settings: EmailSettings } | null;
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

/** Sends the mails that are due, a few at a time until nothing is left. */
export async function sendMails(context: MailingContext): Promise<void> {
  const { database, clock, onRenewalFailure } = context;
  const claimant = randomUUID();
  const claim = () => ({ claimant, now: clock.now(), leaseMs: LEASE_MS });
  for (;;) {
    const claimed = await claimMails(database, claim(), CLAIM_SIZE);
    if (claimed.length === 0) return;
    const outcomes = await whileRenewing({ renew: () => renewMails(database, claim()), onFailure: onRenewalFailure }, () =>
      Promise.allSettled(claimed.map((mail) => attempt(context, mail))),
    );
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}

async function attempt(context: MailingContext, mail: ClaimedMail): Promise<void> {
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
          details: { run: mail.runId, destination: mail.destination, attempts: mail.attempts + 1, reason: record.answer },
        });
      return isNoted;
    }),
  );
  if (isOurs) context.onAttempt(mail, record);
}

async function send(context: MailingContext, mail: ClaimedMail): Promise<MailRecord> {
  try {
    const messageId = await sendOne(context, mail);
    return { outcome: 'sent', answer: 'accepted', messageId, retryAt: null };
  } catch (error) {
    return failed(error, mail, context);
  }
}

async function sendOne({ database, mailing, mailMaxMb, publicUrl }: MailingContext, mail: ClaimedMail): Promise<string> {
  if (mailing === null) throw new PermanentError('MAIL_OFF', 'There is no section email in the configuration any more.');
  const { transport, settings } = mailing;
  const files = fittingFiles(await reportsOfRun(database, mail.orgId, mail.runId), mailMaxMb);
  const attachments = [];
  for (const { id, name, format } of files.attached) {
    const content = await readReport(database, mail.orgId, id);
    if (content !== null) attachments.push({ filename: name, content, contentType: REPORT_FORMATS[format].type });
  }
  const messageId = reportMessageId(mail, settings.from);
  await transport.send({
    from: mailAddress(settings.from),
    to: mailAddress(mail.destination.slice(mail.destination.indexOf(':') + 1)),
    ...(settings.replyTo === undefined ? {} : { replyTo: mailAddress(settings.replyTo) }),
    ...renderReportMail(mail, files, publicUrl),
    date: new Date(mail.createdAt),
    messageId,
    attachments,
  });
  return messageId;
}

/** An error of neither kind is a fault of ours: tried again like a transient one, because a report must not be lost by it. */
function failed(error: unknown, { createdAt, attempts }: ClaimedMail, { clock, random }: MailingContext): MailRecord {
  const answer = scrubText(error instanceof Error ? error.message : String(error));
  if (error instanceof PermanentError) return { outcome: 'dead', answer, messageId: null, retryAt: null };
  const retryAfterMs = error instanceof TransientError ? error.retryAfterMs : null;
  const at = retryAt({ createdAt, attempts: attempts + 1, retryAfterMs }, clock.now(), random());
  return { outcome: at === null ? 'dead' : 'retry', answer, messageId: null, retryAt: at };
}
