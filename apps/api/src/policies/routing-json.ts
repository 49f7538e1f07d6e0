import { isBuiltInRule, type AlertMatcher, type Policy, type RuleBook, type RuleDefinition, type RuleInForce } from '@app/domain';
import type { ChannelSettings, ChannelType, EmailSettings } from '@app/shared';
import { matcherJson } from '../silences/matcher.dto.js';

const MINUTE_MS = 60_000;
const minutes = (ms: number | null): number | null => (ms === null ? null : ms / MINUTE_MS);
const clock = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

/** Entries about other organizations only are none of the reader's business. */
export const concerns = (match: AlertMatcher | undefined, org: string): boolean =>
  match?.orgs === undefined || match.orgs.includes(org);

/** What a matcher asks, without the names of other organizations. */
const matchJson = (match: AlertMatcher, org: string) => matcherJson(match.orgs === undefined ? match : { ...match, orgs: [org] });

export const policyJson = (policy: Policy, org: string) => ({
  id: policy.id,
  match: matchJson(policy.match, org),
  steps: policy.steps.map(({ afterMs, to, repeatMs, repeats }) => ({
    after_minutes: minutes(afterMs),
    to,
    repeat_minutes: minutes(repeatMs),
    repeats,
  })),
  ack_timeout_minutes: minutes(policy.ackTimeoutMs),
  working_hours:
    policy.workingHours === null
      ? null
      : {
          timezone: policy.workingHours.timezone,
          days: policy.workingHours.days,
          from: clock(policy.workingHours.fromMinute),
          to: clock(policy.workingHours.toMinute),
          below: policy.workingHours.below,
        },
  digest:
    policy.digest === null
      ? null
      : { at: clock(policy.digest.minute), timezone: policy.digest.timezone, below: policy.digest.below },
});

const inForceJson = (rule: RuleInForce) => ({
  name: rule.name,
  enabled: rule.isEnabled,
  metrics: rule.metrics,
  hours: rule.trailingHours,
  thresholds: rule.thresholds,
  severity: rule.severity,
  clear_threshold: rule.clearThreshold,
  for_minutes: minutes(rule.timing.forMs),
  bad_count: rule.timing.fireAfterBad,
  clear_for_minutes: minutes(rule.timing.clearForMs),
  good_count: rule.timing.clearAfterGood,
  no_data: rule.noData,
  runbook_url: rule.runbookUrl,
});

/** A rule as it holds where no scope says otherwise, and the scopes that do. */
export const ruleJson = (
  book: RuleBook,
  id: RuleInForce['id'],
  { definitions, org }: { definitions: readonly RuleDefinition[]; org: string },
) => ({
  id,
  built_in: isBuiltInRule(id),
  ...inForceJson(book.of(id, null)),
  scopes: definitions
    .filter((definition) => definition.id === id && definition.match !== undefined && concerns(definition.match, org))
    .map(({ match, enabled, severity, runbookUrl }) => ({
      match: matchJson(match ?? {}, org),
      enabled: enabled ?? true,
      severity: severity ?? null,
      runbook_url: runbookUrl ?? null,
    })),
});

/** Where a channel reaches people, as far as that is no secret. */
const TARGETS: { readonly [T in ChannelType]: (settings: Extract<ChannelSettings, { type: T }>) => string | null } = {
  slack: ({ channel }) => channel ?? null,
  teams: () => null,
  webhook: ({ url }) => new URL(url).host,
  pagerduty: ({ eventsUrl }) => new URL(eventsUrl).host,
  jira: ({ projectKey }) => projectKey,
  servicenow: ({ table }) => table,
};

const targetOf = <T extends ChannelType>(settings: Extract<ChannelSettings, { type: T }>): string | null =>
  (TARGETS[settings.type] as (settings: Extract<ChannelSettings, { type: T }>) => string | null)(settings);

export interface ChannelJson {
  readonly id: string;
  readonly type: string;
  readonly targets: readonly string[];
}

/** The configured ways to reach people; addresses and tokens that are secrets stay out. */
export const channelsJson = (email: EmailSettings | undefined, channels: readonly ChannelSettings[]): ChannelJson[] => [
  ...(email === undefined ? [] : [{ id: 'email', type: 'email', targets: email.to }]),
  ...channels.map((settings) => ({
    id: settings.id,
    type: settings.type,
    targets: [targetOf(settings)].flatMap((to) => to ?? []),
  })),
];
