import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Database, JobSchedules, type Cadence } from '@app/shared';

const MINUTE_MS = 60_000;

/** The jobs that every stored org has, and when. Hours are closed after the full hour: the last poll of the hour is usually in by then. */
const CADENCES = {
  'close-hours': { everyMs: 10 * MINUTE_MS, offsetMs: 30_000 },
  'evaluate-alerts': { everyMs: 15_000, offsetMs: 0 },
  'drain-failovers': { everyMs: 15_000, offsetMs: 5_000 },
  'roll-up': { everyMs: 15_000, offsetMs: 10_000 },
  // After the hours were closed.
  'note-changes': { everyMs: MINUTE_MS, offsetMs: 45_000 },
} as const satisfies Readonly<Record<string, Cadence>>;
type UpkeepJob = keyof typeof CADENCES;
const UPKEEP_JOBS = Object.keys(CADENCES) as UpkeepJob[];

/** An id may hold what the queue refuses in the name of a schedule. */
export const upkeepScheduleId = (orgId: string, job: UpkeepJob): string =>
  `upkeep.${Buffer.from(orgId).toString('base64url')}.${job}`;

/**
 * Job schedulers live in the queue, which may forget; they are made anew at start and every minute. Every stored org has its own: also
 * one whose id the collector found out, and one that was only imported.
 */
@Injectable()
export class UpkeepSchedules implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(UpkeepSchedules.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly schedules: JobSchedules,
    private readonly database: Database,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.timer = setInterval(() => void this.tryReconcile(), MINUTE_MS);
    this.timer.unref();
    await this.tryReconcile();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Makes the schedules equal to the stored orgs. */
  async reconcile(): Promise<void> {
    const wanted = new Set<string>();
    for (const { orgId } of await this.database.query<{ orgId: string }>('select external_id as "orgId" from org order by id')) {
      for (const job of UPKEEP_JOBS) {
        const id = upkeepScheduleId(orgId, job);
        wanted.add(id);
        await this.schedules.upsert(id, job, { orgId }, CADENCES[job]);
      }
    }
    await this.removeAllBut(wanted);
  }

  private async removeAllBut(wanted: ReadonlySet<string>): Promise<void> {
    const stale = (await this.schedules.list()).filter(({ id, name }) => name in CADENCES && !wanted.has(id));
    for (const { id } of stale) await this.schedules.remove(id);
    if (stale.length > 0)
      this.logger.log({ message: 'Schedules of orgs that are no longer stored were removed', count: stale.length });
  }

  /** A queue that is away keeps nobody from starting. */
  private async tryReconcile(): Promise<void> {
    try {
      await this.reconcile();
    } catch (error) {
      this.logger.warn({ message: 'The schedules of upkeep could not be checked; they are tried again in a minute', error });
    }
  }
}
