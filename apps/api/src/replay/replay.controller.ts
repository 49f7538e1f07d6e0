import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { ThresholdFault } from '@app/domain';
import { Database, parseSettings, PermanentError, SETTINGS, type Settings } from '@app/shared';
import { ArrayMaxSize, IsArray, IsObject, IsOptional } from 'class-validator';
import { NeedsRole } from '../access/access.decorators.js';
import { Scope, type OrgScope } from '../access/org-scope.js';
import { Answers, byKey, nullOr, orNull, timeOf } from '../http/answers.js';
import { invalid, problem } from '../http/problem.js';
import { ChangesNothing } from '../idempotency/idempotency.interceptor.js';
import type { ReplayedEntry, ReplayedRule } from './compare.js';
import type { RuleChanges } from './changes.js';
import { ReplayPeriod, spanOf, withFaults } from './replay.dto.js';
import { REPLAY_NOT_STORED, REPLAY_TOO_LARGE } from './limits.js';
import { replayRules, type ReplayedOn } from './replay.js';
import { TOLD_EXAMPLE, toldJson } from './told-json.js';

const MOST_RULES = 20;
/** Circuits and sites times hours, by each rule: one over a month of 6,400 circuits, or a year of some hundred. */
const MOST_HOURS = 5_000_000;
/** Alerts that are put together to incidents at once. */
const MOST_ALERTS = 50_000;

class ReplayBody extends ReplayPeriod {
  @ApiPropertyOptional({
    description: 'Entries as in the section `rules` of the configuration, tried as if they stood at its end.',
    type: [Object],
    example: [{ id: 'congestion', thresholds: { major: 85, critical: 95 }, badCount: 3 }],
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MOST_RULES)
  @IsObject({ each: true })
  rules?: Record<string, unknown>[];

  @ApiPropertyOptional({
    description:
      'As the section `thresholds` of the configuration, tried over what stands there: for `sle`, `congestion` and `quality`.',
    type: Object,
    example: { default: { coverage: { warning: 0.85, major: 0.75, critical: 0.65 } } },
  })
  @IsOptional()
  @IsObject()
  thresholds?: Record<string, unknown>;
}

const ENTRY_EXAMPLE = {
  alert_id: nullOr(17),
  subject: '020000000101:ge-0/0/0',
  severity: 'major',
  fired_at: orNull('2026-02-03T10:00:00Z'),
  resolved_at: orNull('2026-02-03T14:00:00Z'),
};
const EXAMPLE = {
  from: '2026-02-01T00:00:00Z',
  to: '2026-03-01T00:00:00Z',
  hours: 672,
  circuits: 120,
  sites: 0,
  rules: [
    {
      rule: 'congestion',
      basis: 'hours',
      notes: [],
      now: { alerts: 40 },
      changed: { alerts: 12, by_severity: byKey({ major: 9, critical: 3 }) },
      stored: { alerts: 39, told: 37, sent: 52 },
      kept: 11,
      added: 1,
      gone: 28,
      new_alerts: [ENTRY_EXAMPLE],
      gone_alerts: [{ ...ENTRY_EXAMPLE, alert_id: 17 }],
    },
  ],
  notices: TOLD_EXAMPLE,
};

const entryJson = ({ alertId, subject, severity, firedAt, resolvedAt }: ReplayedEntry) => ({
  alert_id: alertId,
  subject,
  severity,
  fired_at: timeOf(firedAt),
  resolved_at: timeOf(resolvedAt),
});

const ruleJson = ({ changed, newAlerts, goneAlerts, ...rule }: ReplayedRule & ReplayedOn) => ({
  ...rule,
  changed: { alerts: changed.alerts, by_severity: changed.bySeverity },
  new_alerts: newAlerts.map(entryJson),
  gone_alerts: goneAlerts.map(entryJson),
});

@ApiTags('policies')
@Controller('v1/orgs/:org/replay')
export class ReplayController {
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
      'Try changed rules and thresholds on what is stored: which alerts and notices would be new, which gone. Stores nothing, tells nobody',
  })
  @Answers(
    'What would have been, beside what was; the first 200 new and gone alerts of each rule, and 100 notices, one by one.',
    EXAMPLE,
  )
  async replay(@Scope() scope: OrgScope, @Body() body: ReplayBody) {
    const span = spanOf(body);
    const org = { id: scope.orgId, externalId: scope.externalId };
    const changes = changesOf(body);
    try {
      const { rules, notices, ...size } = await replayRules(this.database, {
        settings: this.settings,
        org,
        span,
        changes,
        mostHours: MOST_HOURS,
        mostAlerts: MOST_ALERTS,
      });
      return { from: timeOf(span.from), to: timeOf(span.to), ...size, rules: rules.map(ruleJson), notices: toldJson(notices) };
    } catch (error) {
      if (error instanceof ThresholdFault) throw invalid('thresholds', error.message);
      if (!(error instanceof PermanentError)) throw error;
      if (error.code === REPLAY_TOO_LARGE) throw problem('too-many-hours', { detail: error.message });
      if (error.code === REPLAY_NOT_STORED) throw invalid('rules', error.message);
      throw error;
    }
  }
}

/** JSON is YAML: the entries are checked by what checks the configuration, and every fault is named. */
function changesOf({ rules = [], thresholds = {} }: ReplayBody): RuleChanges {
  if (rules.length === 0 && Object.keys(thresholds).length === 0)
    throw invalid('rules', 'there is nothing to try: give rules, thresholds or both');
  return withFaults(() => {
    const read = parseSettings(JSON.stringify({ rules, thresholds }), {}, 'request');
    return { rules: read.rules, thresholds: read.thresholds };
  });
}
