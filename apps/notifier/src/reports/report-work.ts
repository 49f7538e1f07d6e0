import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { CLOCK, Database, ENV, SETTINGS, type Clock, type Environment, type Settings } from '@app/shared';
import { Channels } from '../channels/channels.module.js';
import { openMailTransport, type MailTransport } from '../channels/email/mail-transport.js';
import { addressBook } from '../dispatch/address-book.js';
import { makeNextRun, type MadeRun } from './make-runs.js';
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
  next(): Promise<MadeRun | null> {
    const { database, clock, settings } = this;
    const book = addressBook(this.channels, settings);
    return makeNextRun({ database, clock, settings, book, random: Math.random, onRenewalFailure });
  }
}

/** Mails reports over connections of its own: what is large keeps no notice waiting. */
@Injectable()
export class ReportMailing implements OnApplicationShutdown {
  private readonly transport: MailTransport | null;

  constructor(
    private readonly database: Database,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(ENV) private readonly env: Environment,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.transport = settings.email === undefined ? null : openMailTransport(settings.email.smtpUrl);
  }

  /** All mails that are due. */
  send(onAttempt: MailingContext['onAttempt']): Promise<void> {
    const { database, clock, transport } = this;
    const { email, reports } = this.settings;
    return sendMails({
      database,
      clock,
      mailing: transport === null || email === undefined ? null : { transport, settings: email },
      mailMaxMb: reports.mailMaxMb,
      publicUrl: this.env.publicUrl,
      random: Math.random,
      onAttempt,
      onRenewalFailure,
    });
  }

  onApplicationShutdown(): void {
    this.transport?.close();
  }
}
