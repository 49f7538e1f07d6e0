import { Inject, Injectable } from '@nestjs/common';
import { DAY_MS, nextReportTime, reportTimesBetween, type EpochMs } from '@app/domain';
import {
  askedAt,
  auditRow,
  CLOCK,
  Database,
  isScheduledFor,
  orgSettingsOf,
  requestReportRun,
  scheduledOrgs,
  SETTINGS,
  type Clock,
  type Queryable,
  type ReportSchedule,
  type ScheduledOrg,
  type Settings,
} from '@app/shared';

/** A time that was missed for longer than this is not caught up: what it would tell is no news. */
const CATCH_UP_MS = DAY_MS;

/** Times of a schedule at which nobody was there. */
export interface MissedTimes {
  readonly orgId: string;
  readonly schedule: string;
  readonly count: number;
  readonly first: EpochMs;
  readonly last: EpochMs;
}

/** Finds out whose time has come. What it remembers spares asking the database; what it must not forget is stored there. */
@Injectable()
export class RunPlanner {
  private readonly nextAt = new Map<string, EpochMs>();

  constructor(
    private readonly database: Database,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Notes the reports whose time has come; tells which times went by. */
  async plan(): Promise<MissedTimes[]> {
    const now = this.clock.now();
    const { schedules } = this.settings.reports;
    if (schedules.length === 0) return [];
    const missed: MissedTimes[] = [];
    for (const org of await scheduledOrgs(this.database)) {
      if (!this.isConfigured(org)) continue;
      for (const schedule of schedules.filter((each) => isScheduledFor(each, org.externalId)))
        missed.push(...(await this.planOne(org, schedule, now)));
    }
    return missed;
  }

  /** What is left of an organization that was taken out of the configuration is reported to nobody. */
  private isConfigured({ externalId }: ScheduledOrg): boolean {
    const { orgs } = this.settings;
    return orgs.length === 0 || orgSettingsOf(this.settings, externalId)?.enabled === true;
  }

  private async planOne(org: ScheduledOrg, schedule: ReportSchedule, now: EpochMs): Promise<MissedTimes[]> {
    const key = JSON.stringify([org.id, schedule.id]);
    const known = this.nextAt.get(key);
    if (known !== undefined && known > now) return [];
    const missed = await this.database.transaction((tx) =>
      planTimes(tx, { org, schedule, now, isFirstLook: known === undefined }),
    );
    this.nextAt.set(key, nextReportTime(schedule.times, now) ?? Infinity);
    return missed;
  }
}

interface Planning {
  readonly org: ScheduledOrg;
  readonly schedule: ReportSchedule;
  readonly now: EpochMs;
  /** This process has not seen the schedule before. */
  readonly isFirstLook: boolean;
}

/** Of the times since the last look the newest is caught up, when it is not too old; all others were missed. */
async function planTimes(tx: Queryable, { org, schedule, now, isFirstLook }: Planning): Promise<MissedTimes[]> {
  const after = await lookedAt(tx, { org, schedule, now, isFirstLook });
  if (after === null) return [];
  const times = reportTimesBetween(schedule.times, { after, until: now });
  const due = times.at(-1);
  if (due === undefined) return [];
  await tx.query('update report_schedule set planned_until = $3 where org_id = $1 and schedule = $2', [
    org.id,
    schedule.id,
    new Date(now),
  ]);
  const isNews = now - due <= CATCH_UP_MS;
  if (isNews) {
    const asked = askedAt(schedule, due, org.zone);
    await requestReportRun(tx, org.id, { schedule: schedule.id, dueAt: due, askedBy: null, asked }, now);
  }
  return noteMissed(tx, { org, schedule, now }, isNews ? times.slice(0, -1) : times);
}

/**
 * Until when the times of a schedule were looked at; held until the transaction ends. A schedule that is new, or another one than before, has missed
 * nothing. `null` = a process with a newer configuration has taken it over.
 */
async function lookedAt(tx: Queryable, { org, schedule, now, isFirstLook }: Planning): Promise<EpochMs | null> {
  const definition = JSON.stringify(schedule.times);
  await tx.query(
    `insert into report_schedule (org_id, schedule, definition, planned_until) values ($1, $2, $3, $4) on conflict (org_id, schedule) do nothing`,
    [org.id, schedule.id, definition, new Date(now)],
  );
  const [row] = await tx.query<{ definition: string; plannedUntil: Date }>(
    `select definition, planned_until as "plannedUntil" from report_schedule where org_id = $1 and schedule = $2 for update`,
    [org.id, schedule.id],
  );
  if (row === undefined) return null;
  if (row.definition === definition) return row.plannedUntil.getTime();
  if (!isFirstLook) return null;
  await tx.query('update report_schedule set definition = $3, planned_until = $4 where org_id = $1 and schedule = $2', [
    org.id,
    schedule.id,
    definition,
    new Date(now),
  ]);
  return now;
}

async function noteMissed(
  tx: Queryable,
  { org, schedule, now }: Omit<Planning, 'isFirstLook'>,
  times: readonly EpochMs[],
): Promise<MissedTimes[]> {
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return [];
  await auditRow(tx, org.id, {
    at: new Date(now),
    actor: 'notifier',
    action: 'report-missed',
    subject: `report-schedule:${schedule.id}`,
    details: { count: times.length, first: new Date(first).toISOString(), last: new Date(last).toISOString() },
  });
  return [{ orgId: org.externalId, schedule: schedule.id, count: times.length, first, last }];
}
