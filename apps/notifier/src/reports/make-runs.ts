import { randomUUID } from 'node:crypto';
import { UNASSIGNED_REGION, type AddressBook, type EpochMs } from '@app/domain';
import {
  auditRow,
  keepReport,
  loadReport,
  PermanentError,
  ReportRefused,
  scrubText,
  type Clock,
  type Database,
  type Queryable,
  type Settings,
} from '@app/shared';
import { recipientsOf } from '../dispatch/recipients.js';
import type { Configured } from './configured.js';
import { addMails } from './mails.repository.js';
import { whileRenewing } from './renewing.js';
import { claimRun, failRun, finishRun, isRegion, renewRun, type ClaimedRun } from './runs.repository.js';

export interface MakingContext {
  readonly database: Database;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly book: AddressBook;
  readonly random: () => number;
  readonly onRenewalFailure: (error: unknown) => void;
}

/** What became of a run. */
export interface MadeRun {
  readonly run: ClaimedRun;
  readonly outcome: 'made' | 'retry' | 'parked';
  readonly failure: string | null;
  /** Files that were made or found. */
  readonly files: number;
  /** Somebody is to get it, but nobody of them has a mail address. */
  readonly isUnread: boolean;
}

const LEASE_MS = 120_000;
/** Some twenty minutes; each try of a large organization takes many seconds of the database. */
const MOST_ATTEMPTS = 8;
const FIRST_WAIT_MS = 10_000;

/** Makes the report of these schedules that waits longest; `null` = none is due. */
export async function makeNextRun(context: MakingContext, mine: readonly Configured[]): Promise<MadeRun | null> {
  const { database, clock, onRenewalFailure } = context;
  const claim = () => ({ claimant, now: clock.now(), leaseMs: LEASE_MS });
  const claimant = randomUUID();
  const run = await claimRun(database, claim(), mine);
  if (run === null) return null;
  return whileRenewing({ renew: () => renewRun(database, claim()), onFailure: onRenewalFailure }, async () => {
    try {
      if (run.attempts > MOST_ATTEMPTS)
        throw new PermanentError('REPORT_NEVER_DONE', 'Each process that made it ended before it was done');
      return await make(context, run);
    } catch (error) {
      return fail(context, run, error);
    }
  });
}

async function make({ database, clock, settings, book }: MakingContext, run: ClaimedRun): Promise<MadeRun> {
  const { orgId, asked } = run;
  const { kind, period, region, site } = asked;
  await checkRegion(database, orgId, region);
  const now = clock.now();
  const report = await loadReport(database, kind, {
    settings,
    asked: {
      orgId,
      now,
      ...(period === null ? {} : { from: period.from, to: period.to }),
      ...(region === null ? {} : { region }),
      ...(site === null ? {} : { site }),
    },
  });
  const files: number[] = [];
  for (const format of asked.formats) files.push(await keepReport(database, orgId, { report, asked, format }, now));
  const readers = await database.transaction(async (tx) => {
    const isOurs = await finishRun(tx, run, { revision: report.revision, files }, clock.now());
    if (!isOurs) return null;
    const found = await readersOf(tx, run, book, clock.now());
    await addMails(tx, run, found, clock.now());
    return found;
  });
  const isUnread = readers !== null && readers.length === 0 && asked.to.length > 0;
  return { run, outcome: 'made', failure: null, files: files.length, isUnread };
}

/** A report of a region that nobody knows would be empty for good. */
async function checkRegion(db: Queryable, orgId: number, region: string | null): Promise<void> {
  if (region === null || region === UNASSIGNED_REGION || (await isRegion(db, orgId, region))) return;
  throw new ReportRefused('region', `there is no region "${region}"`);
}

/** Mail destinations, each once. A rota whose turn nobody has stands for nobody: a report is not for everybody. */
async function readersOf(
  tx: Queryable,
  { orgId, asked }: ClaimedRun,
  book: AddressBook,
  now: EpochMs,
): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const name of asked.to) {
    const isRota = name.startsWith('rota:');
    for (const { channel, destination, rota } of await recipientsOf(tx, book, { orgId, names: [name], now }))
      if (channel === 'email' && (!isRota || rota !== null)) found.add(destination);
  }
  return [...found];
}

/** Data that cannot be read now may be later; a question that is wrong stays so. */
async function fail({ database, clock, random }: MakingContext, run: ClaimedRun, error: unknown): Promise<MadeRun> {
  const isFinal = error instanceof ReportRefused || error instanceof PermanentError || run.attempts >= MOST_ATTEMPTS;
  const failure = scrubText(failureText(error));
  const now = clock.now();
  const waitMs = FIRST_WAIT_MS * 2 ** (run.attempts - 1) * (1 - 0.2 * random());
  const retryAt = isFinal ? null : now + Math.round(waitMs);
  await database.transaction(async (tx) => {
    if (!(await failRun(tx, run, { failure, retryAt })) || retryAt !== null) return;
    await auditRow(tx, run.orgId, {
      at: new Date(now),
      actor: 'notifier',
      action: 'report-parked',
      subject: `report-schedule:${run.schedule}`,
      details: { run: run.id, attempts: run.attempts, reason: failure },
    });
  });
  return { run, outcome: isFinal ? 'parked' : 'retry', failure, files: 0, isUnread: false };
}

function failureText(error: unknown): string {
  if (error instanceof ReportRefused) return `${error.field}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}
