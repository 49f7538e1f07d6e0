import { Inject, Injectable, Logger } from '@nestjs/common';
import { MINUTE_MS, nextTimeOfDay, type EpochMs } from '@app/domain';
import {
  CLOCK,
  Database,
  exportFactDays,
  keptSince,
  METRICS,
  scheduledOrgs,
  scrubText,
  SETTINGS,
  writingFactsAlone,
  type Clock,
  type FactExportSettings,
  type FactManifest,
  type ScheduledOrg,
  type Settings,
} from '@app/shared';
import { Counter, Gauge, type Registry } from 'prom-client';
import { OneAtATime } from './one-at-a-time.js';

/** What failed, or what another notifier is at, is looked at again after this. */
const AGAIN_MS = 5 * MINUTE_MS;

interface Sweep {
  readonly now: EpochMs;
  /** Aborts when the process stops: the day that is being written is the last. */
  readonly signal: AbortSignal;
}

interface FactMetrics {
  readonly days: Counter;
  readonly failures: Counter;
  readonly done: Gauge;
}

/** Writes the facts of each day that is over into a folder, and those of a day once more when they changed. */
@Injectable()
export class FactExportService {
  private readonly logger = new Logger('facts');
  private readonly metrics: FactMetrics | null;
  /** At each start everything is looked at. */
  private nextAt: EpochMs = -Infinity;
  private sweptAt: EpochMs = -Infinity;
  private readonly writers = new OneAtATime();

  constructor(
    private readonly database: Database,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(METRICS) registry: Registry,
  ) {
    this.metrics = this.plan() === undefined ? null : metricsOn(registry);
  }

  /** Whether there is a folder to write to. */
  isOn(): boolean {
    return this.plan() !== undefined;
  }

  /** Writes what is due; a failure is told, and tried again soon. */
  sweep(signal: AbortSignal): Promise<void> {
    return this.writers.run(() => this.writeDue(signal));
  }

  private async writeDue(signal: AbortSignal): Promise<void> {
    const plan = this.plan();
    const now = this.clock.now();
    const wentBack = now < this.sweptAt;
    this.sweptAt = now;
    if (plan === undefined || (now < this.nextAt && !wentBack)) return;
    let isWhole = true;
    for (const org of await this.orgsOf(plan)) isWhole = (await this.exportOrg(org, plan, { now, signal })) && isWhole;
    this.nextAt = isWhole ? nextTimeOfDay(plan.at, now) : now + AGAIN_MS;
    if (isWhole) this.metrics?.done.set(now / 1_000);
  }

  private plan(): FactExportSettings | undefined {
    return this.settings.facts.export;
  }

  private async orgsOf({ orgs }: FactExportSettings): Promise<ScheduledOrg[]> {
    const all = await scheduledOrgs(this.database);
    return orgs === undefined ? all : all.filter(({ externalId }) => orgs.includes(externalId));
  }

  /** `false` = it is to be looked at again soon. */
  private async exportOrg(org: ScheduledOrg, plan: FactExportSettings, { now, signal }: Sweep): Promise<boolean> {
    const since = keptSince(now, this.settings.retention);
    try {
      const done = await writingFactsAlone(this.database, org.id, async () => {
        await exportFactDays(this.database, { org, since, now, plan, signal }, (manifest) => this.noteDay(manifest));
        return !signal.aborted;
      });
      return done ?? false;
    } catch (error) {
      this.metrics?.failures.inc();
      const failure = scrubText(error instanceof Error ? error.message : String(error));
      this.logger.error({
        message: 'Facts could not be written; it is tried again in five minutes',
        orgId: org.externalId,
        failure,
      });
      return false;
    }
  }

  private noteDay({ org, day, revision, files }: FactManifest): void {
    this.metrics?.days.inc();
    const rows = files.reduce((sum, file) => sum + file.rows, 0);
    this.logger.log({ message: 'The facts of a day were written', orgId: org, day, revision, rows });
  }
}

function metricsOn(registry: Registry): FactMetrics {
  const registers = [registry];
  return {
    days: new Counter({
      name: 'mistwatch_fact_days_written_total',
      help: 'Days whose facts were written to the folder',
      registers,
    }),
    failures: new Counter({ name: 'mistwatch_fact_export_failures_total', help: 'Exports of facts that failed', registers }),
    done: new Gauge({
      name: 'mistwatch_fact_export_done_timestamp_seconds',
      help: 'When the folder last had all facts that were due; 0 = not since the start',
      registers,
    }),
  };
}
