import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { Database, parseRouting, PermanentError, SETTINGS, type Settings } from '@app/shared';
import { IsArray, IsObject, IsOptional } from 'class-validator';
import { NeedsRole } from '../access/access.decorators.js';
import { Scope, type OrgScope } from '../access/org-scope.js';
import { Answers, nullOr, orNull, timeOf } from '../http/answers.js';
import { problem } from '../http/problem.js';
import { ChangesNothing } from '../idempotency/idempotency.interceptor.js';
import { replayRouting, type DifferingIncident } from './notices.js';
import { ReplayPeriod, spanOf, withFaults } from './replay.dto.js';
import { REPLAY_TOO_LARGE } from './limits.js';
import { TALLY_EXAMPLE, tallyJson } from './tally-json.js';

const MOST_INCIDENTS = 5_000;

class NoticesBody extends ReplayPeriod {
  @ApiPropertyOptional({
    description: 'As the section of the configuration, in its place.',
    type: [Object],
    example: [{ id: 'patient', match: { severities: ['major'] }, steps: [{ afterMinutes: 15, to: ['rota:network'] }] }],
  })
  @IsOptional()
  @IsArray()
  policies?: unknown[];

  @ApiPropertyOptional({ description: 'As the section of the configuration, in its place.', type: [Object] })
  @IsOptional()
  @IsArray()
  rotas?: unknown[];

  @ApiPropertyOptional({ description: 'As the section of the configuration, in its place.', type: Object })
  @IsOptional()
  @IsObject()
  people?: Record<string, unknown>;

  @ApiPropertyOptional({
    description: 'Any of groupWaitSeconds, groupIntervalSeconds, repeatMinutes.',
    type: Object,
    example: { repeatMinutes: 480 },
  })
  @IsOptional()
  @IsObject()
  alerts?: Record<string, unknown>;

  @ApiPropertyOptional({
    description: 'Silences in the place of those there were: `match` as in policies, `from`, `to`.',
    type: [Object],
    example: [{ match: { sites: ['site-1'] }, from: '2026-02-01T00:00:00Z', to: '2026-02-02T00:00:00Z' }],
  })
  @IsOptional()
  @IsArray()
  silences?: unknown[];
}

const EXAMPLE = {
  from: '2026-02-01T00:00:00Z',
  to: '2026-03-01T00:00:00Z',
  incidents: 31,
  sent: 71,
  now: TALLY_EXAMPLE,
  changed: { ...TALLY_EXAMPLE, incidents: 12, notices: 25 },
  destinations: [{ destination: 'email:noc@example.com', sent: 71, now: 70, changed: 25 }],
  differing: 1,
  differing_incidents: [
    {
      incident_id: 17,
      title: 'Alpha: circuit main down',
      severity: 'major',
      opened_at: '2026-02-03T10:00:00Z',
      sent: 2,
      now: 2,
      changed: 0,
      first_now_at: orNull('2026-02-03T10:00:30Z'),
      first_changed_at: nullOr('2026-03-01T12:00:00Z'),
    },
  ],
  notes: ['Incidents are grouped, and people take them, as they did.'],
};

const incidentJson = ({
  incidentId,
  title,
  severity,
  openedAt,
  sent,
  now,
  changed,
  firstNow,
  firstChanged,
}: DifferingIncident) => ({
  incident_id: incidentId,
  title,
  severity,
  opened_at: timeOf(openedAt),
  sent,
  now,
  changed,
  first_now_at: firstNow === null ? null : timeOf(firstNow),
  first_changed_at: firstChanged === null ? null : timeOf(firstChanged),
});

@ApiTags('policies')
@Controller('v1/orgs/:org/replay/notices')
export class NoticesController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  @Post()
  @ChangesNothing()
  @HttpCode(200)
  @NeedsRole('operator')
  @ApiOperation({
    summary:
      'Try other policies, rotas, times or silences on past incidents: who would have been told what. Stores nothing, tells nobody',
  })
  @Answers('What would have been sent, beside what was; the first 200 incidents that differ by name.', EXAMPLE)
  async replay(@Scope() { orgId }: OrgScope, @Body() { from, to, ...sections }: NoticesBody) {
    const span = spanOf({ from, to });
    const given = Object.fromEntries(Object.entries(sections).filter(([, value]) => value !== undefined));
    const tried = withFaults(() => parseRouting(this.settings, given, 'request'));
    try {
      const asked = { settings: this.settings, orgId, span, tried, mostIncidents: MOST_INCIDENTS };
      const { incidents, sent, now, changed, destinations, differing, differingIncidents, notes } = await replayRouting(
        this.database,
        asked,
      );
      return {
        from: timeOf(span.from),
        to: timeOf(span.to),
        incidents,
        sent,
        now: tallyJson(now),
        changed: tallyJson(changed),
        destinations,
        differing,
        differing_incidents: differingIncidents.map(incidentJson),
        notes,
      };
    } catch (error) {
      if (error instanceof PermanentError && error.code === REPLAY_TOO_LARGE)
        throw problem('too-many-hours', { detail: error.message });
      throw error;
    }
  }
}
