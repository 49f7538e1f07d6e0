import type { TrendMetricId } from '../trend/metrics.js';
import type { ThresholdMetric } from '../thresholds/defaults.js';
import type { Level, Thresholds } from '../thresholds/threshold.js';
import {
  ALERT_RULES,
  HOURLY_ALERT_RULE,
  isBuiltInRule,
  isCustomRule,
  type AlertRule,
  type AlertRuleId,
  type BuiltInRuleId,
  type CustomRuleId,
} from './alert.js';
import { matches, type AlertMatcher, type AlertSubject } from './matcher.js';

/** What a rule can be about: any KPI of hours, any service level, or how one of them compares with the day before. */
export type RuleMetric = ThresholdMetric | `trend:${TrendMetricId}`;

/** What the absence of an answer means: nothing, an alert, or the end of one. */
export type NoDataMeans = 'keep' | 'alert' | 'resolve';

/** One entry of the configuration: a rule of its own, or what differs of a built-in one, for all or for what it matches. */
export interface RuleDefinition {
  readonly id: AlertRuleId;
  readonly name?: string;
  readonly enabled?: boolean;
  readonly match?: AlertMatcher;
  readonly metric?: RuleMetric;
  /** Hours that one figure is reckoned over: availability, flaps. */
  readonly trailingHours?: number;
  readonly thresholds?: Partial<Thresholds>;
  /** Whatever the figure, or for rules without one. */
  readonly severity?: Level;
  readonly clearThreshold?: number;
  readonly noData?: NoDataMeans;
  readonly runbookUrl?: string;
  readonly timing?: Partial<Pick<AlertRule, 'forMs' | 'clearForMs' | 'fireAfterBad' | 'clearAfterGood'>>;
}

/** A rule as it holds for one subject. */
export interface RuleInForce {
  readonly id: AlertRuleId;
  readonly name: string | null;
  readonly isEnabled: boolean;
  readonly timing: AlertRule;
  readonly metrics: readonly RuleMetric[];
  readonly trailingHours: number;
  /** Levels at which it begins; `null` = those of the thresholds of the subject. */
  readonly thresholds: Partial<Thresholds> | null;
  readonly severity: Level | null;
  readonly clearThreshold: number | null;
  readonly noData: NoDataMeans;
  readonly runbookUrl: string | null;
}

/** Figures that built-in rules judge by the hour; the others look at states. */
const METRICS: Readonly<Partial<Record<BuiltInRuleId, readonly RuleMetric[]>>> = {
  congestion: ['utilization'],
  quality: ['loss', 'jitter', 'latency'],
  trend: ['trend:utilization', 'trend:loss', 'trend:jitter', 'trend:latency', 'trend:availability'],
};

/** Comparing every circuit with the day before is for those who ask for it. */
const OFF_BY_DEFAULT: readonly BuiltInRuleId[] = ['trend'];

/** All rules of a deployment. */
export interface RuleBook {
  /** Built-in rules, and those of the configuration. */
  readonly ids: readonly AlertRuleId[];
  /** Whether what holds depends on the subject: only then need anybody look its place up. */
  isScoped(id: AlertRuleId): boolean;
  /** Whether it holds for anybody at all. */
  isAnywhere(id: AlertRuleId): boolean;
  /** What the configuration says of it, in order. */
  definitionsOf(id: AlertRuleId): readonly RuleDefinition[];
  /** Everything it may be about, for whomever. */
  metricsOf(id: AlertRuleId): readonly RuleMetric[];
  /** As it holds for a subject; `null` = for what no scope is known of. */
  of(id: AlertRuleId, subject: AlertSubject | null): RuleInForce;
}

/** The rules in force: built-in ones with `timings`, under the entries of the configuration; of several entries that fit, the later wins key by key. */
export function ruleBook(
  definitions: readonly RuleDefinition[] = [],
  timings: Readonly<Record<BuiltInRuleId, AlertRule>> = ALERT_RULES,
): RuleBook {
  const byId = new Map<AlertRuleId, RuleDefinition[]>();
  for (const definition of definitions) byId.set(definition.id, [...(byId.get(definition.id) ?? []), definition]);
  const entriesOf = (id: AlertRuleId): readonly RuleDefinition[] => byId.get(id) ?? [];
  const customs = [...byId.keys()].filter((id): id is CustomRuleId => isCustomRule(id));
  return {
    ids: [...(Object.keys(timings) as BuiltInRuleId[]), ...customs],
    isScoped: (id) => entriesOf(id).some(({ match }) => match !== undefined),
    isAnywhere: (id) =>
      inForce(baseOf(id, timings), entriesOf(id), null).isEnabled ||
      entriesOf(id).some(({ match, enabled }) => match !== undefined && (enabled ?? isCustomRule(id))),
    metricsOf: (id) => [...baseOf(id, timings).metrics, ...entriesOf(id).flatMap(({ metric }) => metric ?? [])],
    definitionsOf: entriesOf,
    of: (id, subject) => inForce(baseOf(id, timings), entriesOf(id), subject),
  };
}

function baseOf(id: AlertRuleId, timings: Readonly<Record<BuiltInRuleId, AlertRule>>): RuleInForce {
  const none = {
    id,
    name: null,
    trailingHours: 1,
    thresholds: null,
    severity: null,
    clearThreshold: null,
    noData: 'keep',
    runbookUrl: null,
  } as const;
  return isBuiltInRule(id)
    ? { ...none, isEnabled: !OFF_BY_DEFAULT.includes(id), timing: timings[id], metrics: METRICS[id] ?? [] }
    : { ...none, isEnabled: false, timing: HOURLY_ALERT_RULE, metrics: [] };
}

function inForce(base: RuleInForce, entries: readonly RuleDefinition[], subject: AlertSubject | null): RuleInForce {
  const fitting = entries.filter(({ match }) => match === undefined || (subject !== null && matches(match, subject)));
  return fitting.reduce<RuleInForce>(
    (rule, entry) => ({
      ...rule,
      name: entry.name ?? rule.name,
      isEnabled: entry.enabled ?? (isCustomRule(rule.id) || rule.isEnabled),
      timing: { ...rule.timing, ...entry.timing },
      metrics: entry.metric === undefined ? rule.metrics : [entry.metric],
      trailingHours: entry.trailingHours ?? rule.trailingHours,
      thresholds: entry.thresholds ?? rule.thresholds,
      severity: entry.severity ?? rule.severity,
      clearThreshold: entry.clearThreshold ?? rule.clearThreshold,
      noData: entry.noData ?? rule.noData,
      runbookUrl: entry.runbookUrl ?? rule.runbookUrl,
    }),
    base,
  );
}
