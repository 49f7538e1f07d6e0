import { Inject, Injectable } from '@nestjs/common';
import { DAY_MS, HOUR_MS, MINUTE_MS, nextReportTime, reportTimesBetween, type EpochMs } from '@app/domain';
import {
  askedAt,
  auditRow,
  CLOCK,
  Database,
  requestReportRun,
  SETTINGS,
  type Clock,
  type Queryable,
  type Settings,
} from '@app/shared';
import { configuredSchedules, definitionOf, forgetSchedules, type Configured } from './configured.js';
import { withdrawRuns } from './runs.repository.js';

/** A time that was missed for longer than this is not caught up: what it would tell is no news. */
const CATCH_UP_MS = DAY_MS;
/** A schedule is looked at this often even when no time has come: who looks at it has it in the configuration. */
export const LOOK_MS = HOUR_MS;
/** Clocks of several machines may differ by as much. */
const SKEW_MS = 5 * MINUTE_MS;

/** Times of a schedule at which nobody was there. */
export interface MissedTimes {
  readonly orgId: string;
  readonly schedule: string;
  readonly count: number;
  readonly first: EpochMs;
  readonly last: EpochMs;
}

export interface Planned {
  /** Times that went by. */
  readonly missed: readonly MissedTimes[];
  /** Reports that are made no more. */
  readonly withdrawn: number;
}

/** Finds out whose time has come. What it remembers spares asking the database; what it must not forget is stored there. */
@Injectable()
export class RunPlanner {
  private readonly nextAt = new Map<string, EpochMs>();
  private tidyAt: EpochMs = -Infinity;
  private lookedAt: EpochMs = -Infinity;

  constructor(
    private readonly database: Database,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Notes the reports whose time has come. */
  async plan(): Promise<Planned> {
    const now = this.clock.now();
    if (now < this.lookedAt) this.lookAnew();
    this.lookedAt = now;
    const mine = await configuredSchedules(this.database, this.settings);
    const missed: MissedTimes[] = [];
    for (const each of mine) missed.push(...(await this.planOne(each, now)));
    if (now < this.tidyAt) return { missed, withdrawn: 0 };
    await forgetSchedules(this.database, mine, now);
    const withdrawn = await this.database.transaction((tx) => withdrawRuns(tx, mine, now));
    this.tidyAt = now + LOOK_MS;
    return { missed, withdrawn };
  }

  /** The clock went back: what was reckoned by the one before holds no longer. */
  private lookAnew(): void {
    this.nextAt.clear();
    this.tidyAt = -Infinity;
  }

  private async planOne({ org, schedule }: Configured, now: EpochMs): Promise<MissedTimes[]> {
    const key = JSON.stringify([org.id, schedule.id]);
    if ((this.nextAt.get(key) ?? -Infinity) > now) return [];
    const missed = await this.database.transaction((tx) => planTimes(tx, { org, schedule, now }));
    this.nextAt.set(key, Math.min(nextReportTime(schedule.times, now) ?? Infinity, now + LOOK_MS));
    return missed;
  }
}

interface Planning extends Configured {
  readonly now: EpochMs;
}

/** Of the times since the last look the newest is caught up, when it is not too old; all others were missed. */
async function planTimes(tx: Queryable, planning: Planning): Promise<MissedTimes[]> {
  const { org, schedule, now } = planning;
  const times = reportTimesBetween(schedule.times, { after: await plannedUntil(tx, planning), until: now });
  const due = times.at(-1);
  await tx.query(
    `update report_schedule set seen_at = $4, planned_until = case when $5 then $4 else planned_until end
     where org_id = $1 and schedule = $2 and definition = $3`,
    [org.id, schedule.id, definitionOf(schedule), new Date(now), due !== undefined],
  );
  if (due === undefined) return [];
  const isNews = now - due <= CATCH_UP_MS;
  if (isNews) {
    const asked = askedAt(schedule, due, org.zone);
    await requestReportRun(tx, org.id, { schedule: schedule.id, dueAt: due, askedBy: null, asked }, now);
  }
  return noteMissed(tx, planning, isNews ? times.slice(0, -1) : times);
}

/** Until when the times of a schedule were planned; held until the transaction ends. A schedule that is new, or another one than before, has missed nothing. */
async function plannedUntil(tx: Queryable, { org, schedule, now }: Planning): Promise<EpochMs> {
  const key = [org.id, schedule.id, definitionOf(schedule)];
  await tx.query(
    `insert into report_schedule (org_id, schedule, definition, planned_until, seen_at) values ($1, $2, $3, $4, $4) on conflict do nothing`,
    [...key, new Date(now)],
  );
  const [row] = await tx.query<{ plannedUntil: Date }>(
    `select planned_until as "plannedUntil" from report_schedule where org_id = $1 and schedule = $2 and definition = $3 for update`,
    key,
  );
  const until = row?.plannedUntil.getTime() ?? now;
  if (until <= now + SKEW_MS) return until;
  await forgetFuture(tx, { org, schedule, now }, until);
  return now;
}

/** A clock that was ahead planned what is still to come. A report of a time that it made stays the only one: which clock is right nobody knows. */
async function forgetFuture(tx: Queryable, { org, schedule, now }: Planning, until: EpochMs): Promise<void> {
  await tx.query('update report_schedule set planned_until = $4 where org_id = $1 and schedule = $2 and definition = $3', [
    org.id,
    schedule.id,
    definitionOf(schedule),
    new Date(now),
  ]);
  await auditRow(tx, org.id, {
    at: new Date(now),
    actor: 'notifier',
    action: 'report-clock-back',
    subject: `report-schedule:${schedule.id}`,
    details: { plannedUntil: new Date(until).toISOString() },
  });
}

async function noteMissed(tx: Queryable, { org, schedule, now }: Planning, times: readonly EpochMs[]): Promise<MissedTimes[]> {
  const made = await tx.query<{ dueAt: Date }>(
    `select due_at as "dueAt" from report_run where org_id = $1 and schedule = $2 and due_at = any ($3::timestamptz[]) and asked_by is null`,
    [org.id, schedule.id, times.map((time) => new Date(time))],
  );
  const known = new Set(made.map(({ dueAt }) => dueAt.getTime()));
  const missed = times.filter((time) => !known.has(time));
  const [first, last] = [missed[0], missed.at(-1)];
  if (first === undefined || last === undefined) return [];
  await auditRow(tx, org.id, {
    at: new Date(now),
    actor: 'notifier',
    action: 'report-missed',
    subject: `report-schedule:${schedule.id}`,
    details: { count: missed.length, first: new Date(first).toISOString(), last: new Date(last).toISOString() },
  });
  return [{ orgId: org.externalId, schedule: schedule.id, count: missed.length, first, last }];
}
