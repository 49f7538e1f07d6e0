import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { EpochMs } from '@app/domain';
import { CLOCK, Database, ENV, SETTINGS, type Clock, type Environment, type Settings } from '@app/shared';
import { Channels } from '../channels/channels.module.js';
import { openMailTransport, type MailTransport } from '../channels/email/mail-transport.js';
import { addressBook } from '../dispatch/address-book.js';
import { configuredSchedules } from './configured.js';
import { withdrawMails, type MailReaders } from './mails.repository.js';
import { makeNextRun, type MadeRun } from './make-runs.js';
import { mailReaders, standIns } from './readers.js';
import { LOOK_MS } from './plan-runs.js';
import { sendMails, type MailingContext } from './send-mails.js';

const logger = new Logger('reports');
const onRenewalFailure = (error: unknown): void =>
  logger.warn({ message: 'The claim of a report under way could not be renewed; it is tried again soon', error });

/** Makes reports with what this process is made of. */
@Injectable()
export class ReportMaking {
  constructor(
    private readonly database: Database,
    private readonly channels: Channels,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The one that waits longest; `null` = none is due. */
  async next(): Promise<MadeRun | null> {
    const { database, clock, settings } = this;
    const book = addressBook(this.channels, settings);
    const mine = await configuredSchedules(database, settings);
    return makeNextRun({ database, clock, settings, book, random: Math.random, onRenewalFailure }, mine);
  }

  /** Who may get the mails of what it makes. */
  async readers(): Promise<MailReaders[]> {
    const mine = await configuredSchedules(this.database, this.settings);
    const now = this.clock.now();
    const book = addressBook(this.channels, this.settings);
    return mailReaders(mine, { book, others: await standIns(this.database, now), now });
  }
}

interface Mailing extends Pick<MailingContext, 'readers' | 'onAttempt'> {
  /** Ends it between mails. */
  readonly signal: AbortSignal;
}

/** Mails reports over connections of its own: what is large keeps no notice waiting. */
@Injectable()
export class ReportMailing implements OnApplicationShutdown {
  private readonly transport: MailTransport | null;
  private withdrewAt: EpochMs = -Infinity;

  constructor(
    private readonly database: Database,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(ENV) private readonly env: Environment,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.transport = settings.email === undefined ? null : openMailTransport(settings.email.smtpUrl);
  }

  /** All mails that are due; ends those to readers who were taken out of the configuration, and tells how many. */
  async send({ readers, onAttempt, signal }: Mailing): Promise<number> {
    const { database, clock, transport } = this;
    const { email, reports } = this.settings;
    const mailing = transport === null || email === undefined ? null : { transport, settings: email };
    const { publicUrl } = this.env;
    const context = { database, clock, mailing, readers, mailMaxMb: reports.mailMaxMb, publicUrl, random: Math.random };
    await sendMails({ ...context, onAttempt, onRenewalFailure }, signal);
    const now = clock.now();
    if (Math.abs(now - this.withdrewAt) < LOOK_MS) return 0;
    const withdrawn = await database.transaction((tx) => withdrawMails(tx, readers, now));
    this.withdrewAt = now;
    return withdrawn;
  }

  onApplicationShutdown(): void {
    this.transport?.close();
  }
}
