import { HOUR_MS, type EpochMs } from '@app/domain';
import {
  isScheduledFor,
  orgSettingsOf,
  scheduledOrgs,
  type Queryable,
  type ReportSchedule,
  type ScheduledOrg,
  type Settings,
} from '@app/shared';

/** A schedule of an organization, as the configuration of this process has it. */
export interface Configured {
  readonly org: ScheduledOrg;
  readonly schedule: ReportSchedule;
}

/**
 * How long the configurations of several processes may differ while they are changed one after the other. What none of them has for longer was
 * taken out of it.
 */
export const CHANGING_MS = 2 * HOUR_MS;

/** All schedules of all organizations; what is left of one that was taken out of the configuration is reported to nobody. */
export async function configuredSchedules(db: Queryable, settings: Settings): Promise<Configured[]> {
  const { orgs, reports } = settings;
  if (reports.schedules.length === 0) return [];
  const isOn = ({ externalId }: ScheduledOrg): boolean =>
    orgs.length === 0 || orgSettingsOf(settings, externalId)?.enabled === true;
  return (await scheduledOrgs(db))
    .filter(isOn)
    .flatMap((org) =>
      reports.schedules.filter((each) => isScheduledFor(each, org.externalId)).map((schedule) => ({ org, schedule })),
    );
}

/** What tells a schedule that was changed from what it was before. */
export const definitionOf = ({ times }: ReportSchedule): string => JSON.stringify(times);

/** Schedules as two lists of the same length, for a query. */
export function scheduleKeys(mine: readonly Configured[]): readonly [orgIds: number[], schedules: string[]] {
  return [mine.map(({ org }) => org.id), mine.map(({ schedule }) => schedule.id)];
}

/** Forgets schedules that no configuration has any more: one that comes back begins anew, and what it left is withdrawn. */
export async function forgetSchedules(db: Queryable, mine: readonly Configured[], now: EpochMs): Promise<void> {
  await db.query(
    `delete from report_schedule s where (seen_at < $1 or seen_at > $2) and not exists (
       select from unnest($3::integer[], $4::text[], $5::text[]) as m (org_id, schedule, definition)
       where m.org_id = s.org_id and m.schedule = s.schedule and m.definition = s.definition)`,
    [
      new Date(now - CHANGING_MS),
      new Date(now + CHANGING_MS),
      ...scheduleKeys(mine),
      mine.map((each) => definitionOf(each.schedule)),
    ],
  );
}
