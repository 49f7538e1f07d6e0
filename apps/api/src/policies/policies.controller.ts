import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { DEFAULT_POLICY, type RuleBook } from '@app/domain';
import { ruleBookOf, SETTINGS, type Settings } from '@app/shared';
import { Scope, type OrgScope } from '../access/org-scope.js';
import { AnswersPage, nullOr, orNull, sometimes } from '../http/answers.js';
import { concerns, policyJson, ruleJson } from './routing-json.js';

const POLICY_EXAMPLE = {
  id: 'night',
  match: { severities: sometimes(['major']) },
  steps: [{ after_minutes: 0, to: ['rota:night'], repeat_minutes: orNull(30), repeats: orNull(3) }],
  ack_timeout_minutes: orNull(240),
  working_hours: orNull({
    timezone: 'Europe/Berlin',
    days: ['mo', 'tu', 'we', 'th', 'fr'],
    from: '08:00',
    to: '18:00',
    below: 'major',
  }),
  digest: orNull({ at: '08:00', timezone: 'Europe/Berlin', below: 'warning' }),
};
const RULE_EXAMPLE = {
  id: 'congestion',
  built_in: true,
  name: nullOr('text'),
  enabled: true,
  metrics: ['utilization'],
  hours: 1,
  thresholds: null,
  severity: nullOr('text'),
  clear_threshold: nullOr(70),
  for_minutes: orNull(0),
  bad_count: 2,
  clear_for_minutes: orNull(0),
  good_count: 2,
  no_data: 'keep',
  runbook_url: orNull('https://wiki.example.com/runbooks/congestion'),
  scopes: [{ match: { regions: sometimes(['North']) }, enabled: false, severity: nullOr('text'), runbook_url: nullOr('text') }],
};

/** What the configuration file says about alerts. It is changed there, not here. */
@ApiTags('policies')
@Controller('v1/orgs/:org')
export class PoliciesController {
  private readonly book: RuleBook;

  constructor(@Inject(SETTINGS) private readonly settings: Pick<Settings, 'policies' | 'rules' | 'alerts'>) {
    this.book = ruleBookOf(settings);
  }

  @Get('policies')
  @ApiOperation({ summary: 'Who is told, in which steps: the first policy that fits counts, the last one fits everything' })
  @AnswersPage('All policies that may concern the organization.', POLICY_EXAMPLE)
  policies(@Scope() { externalId }: OrgScope) {
    const policies = [...this.settings.policies.filter(({ match }) => concerns(match, externalId)), DEFAULT_POLICY];
    return { items: policies.map((policy) => policyJson(policy, externalId)), next_cursor: null };
  }

  @Get('rules')
  @ApiOperation({ summary: 'Rules in force, built-in ones and those of the configuration, with the scopes where they differ' })
  @AnswersPage('All rules.', RULE_EXAMPLE)
  rules(@Scope() { externalId: org }: OrgScope) {
    const { rules: definitions } = this.settings;
    const isForeign = (id: string): boolean => {
      const own = definitions.filter((definition) => definition.id === id);
      return id.startsWith('custom:') && own.every(({ match }) => !concerns(match, org));
    };
    const ids = this.book.ids.filter((id) => !isForeign(id));
    return { items: ids.map((id) => ruleJson(this.book, id, { definitions, org })), next_cursor: null };
  }
}
