import { Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  askedAt,
  auditRow,
  CLOCK,
  Database,
  findReportRun,
  isScheduledFor,
  JobPublisher,
  newestReportRuns,
  openReportRun,
  reportingZone,
  requestReportRun,
  SETTINGS,
  type Clock,
  type ReportSchedule,
  type Settings,
} from '@app/shared';
import { NeedsRole } from '../access/access.decorators.js';
import { Caller, Scope, type OrgScope } from '../access/org-scope.js';
import type { Principal } from '../access/principal.js';
import { Answers, AnswersPage, nullOr, orNull } from '../http/answers.js';
import { problem } from '../http/problem.js';
import { RUN_EXAMPLE, runJson, SCHEDULE_EXAMPLE, scheduleJson } from './schedules-json.js';

/** What is not known before it is made. */
const NOTED = {
  status: 'due',
  attempts: 0,
  made_at: nullOr('2026-03-02T06:00:04Z'),
  revision: nullOr('0b6c5b7f2a1d'),
  asked_by: orNull('key:5f3a9c'),
  files: [],
  mails: { sent: 0, due: 0, dead: 0, withdrawn: 0 },
};

/** Reports that are made and mailed by themselves, as the configuration says. */
@ApiTags('reports')
@Controller('v1/orgs/:org/report-schedules')
export class ReportSchedulesController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(JobPublisher) private readonly publisher: JobPublisher,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Scheduled reports: when they come next, and what came of them last' })
  @AnswersPage('All schedules of the organization, in the order of the configuration.', SCHEDULE_EXAMPLE)
  async list(@Scope() scope: OrgScope) {
    const schedules = this.schedulesOf(scope);
    const ids = schedules.map(({ id }) => id);
    const last = await newestReportRuns(this.database, scope.orgId, ids);
    const now = this.clock.now();
    return { items: schedules.map((each) => scheduleJson(each, last.get(each.id), now)), next_cursor: null };
  }

  @Post(':schedule/run')
  @HttpCode(202)
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Make and mail a scheduled report now, beside its times' })
  @Answers(
    'The run as noted, or the one that was asked for before and is not made yet; the list of schedules tells what came of it.',
    { ...RUN_EXAMPLE, ...NOTED },
    202,
  )
  async run(@Scope() scope: OrgScope, @Caller() caller: Principal, @Param('schedule') id: string) {
    const schedule = this.schedulesOf(scope).find((each) => each.id === id);
    if (schedule === undefined) throw problem('not-found');
    const runId = (await openReportRun(this.database, scope.orgId, id)) ?? (await this.note(scope, caller, schedule));
    // What is due is stored: should the queue be away, the notifier's next sweep finds it.
    await this.publisher.publish('send-reports', {}, { isBestEffort: true });
    const run = runId === null ? null : await findReportRun(this.database, scope.orgId, runId);
    if (run === null) throw problem('not-found');
    return runJson(run);
  }

  private async note(scope: OrgScope, { actor }: Principal, schedule: ReportSchedule): Promise<number | null> {
    const now = this.clock.now();
    const asked = askedAt(schedule, now, await reportingZone(this.database, scope.orgId));
    return this.database.transaction(async (tx) => {
      const run = await requestReportRun(tx, scope.orgId, { schedule: schedule.id, dueAt: now, askedBy: actor, asked }, now);
      const subject = `report-schedule:${schedule.id}`;
      await auditRow(tx, scope.orgId, { at: new Date(now), actor, action: 'reports.run', subject, details: { run } });
      return run;
    });
  }

  private schedulesOf({ externalId }: OrgScope): ReportSchedule[] {
    return this.settings.reports.schedules.filter((schedule) => isScheduledFor(schedule, externalId));
  }
}
