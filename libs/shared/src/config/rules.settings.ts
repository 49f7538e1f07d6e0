import {
  ALERT_RULE_IDS,
  isBuiltInRule,
  isKpiId,
  isSleMetric,
  KPIS,
  LEVELS,
  MATCHER_KEYS,
  parseMatcher,
  SLE_METRICS,
  WAN_TREND_METRICS,
  worseOfMetric,
  type AlertMatcher,
  type AlertRule,
  type AlertRuleId,
  type BuiltInRuleId,
  type Level,
  type NoDataMeans,
  type RuleDefinition,
  type RuleMetric,
  type Thresholds,
  type Worse,
} from '@app/domain';
import { didYouMean } from './did-you-mean.js';
import { anyValue, listOf, optional, required, section, type Reader } from './yaml-reader.js';
import { decimal, flag, integer, oneOf, parsed, text } from './yaml-values.js';
import { readLevels } from './thresholds.settings.js';

/** A rule as it stands in the file. */
interface RuleEntry {
  readonly id: string;
  readonly name?: string;
  readonly enabled?: boolean;
  readonly match?: AlertMatcher;
  readonly metric?: RuleMetric;
  readonly hours?: number;
  readonly thresholds?: Partial<Thresholds>;
  readonly threshold?: number;
  readonly severity?: Level;
  readonly clearThreshold?: number;
  readonly forMinutes?: number;
  readonly clearForMinutes?: number;
  readonly badCount?: number;
  readonly goodCount?: number;
  readonly noData?: NoDataMeans;
  readonly runbookUrl?: string;
}

const METRICS: readonly string[] = [
  ...KPIS.map(({ id }) => id),
  ...SLE_METRICS.map(({ id }) => id),
  ...WAN_TREND_METRICS.map(({ id }) => `trend:${id}`),
];

const metric = parsed<RuleMetric>(
  (value) => (METRICS.includes(value) ? (value as RuleMetric) : null),
  `one of ${METRICS.join(', ')}`,
);

/** What a rule says of itself is not for its own scope to ask. */
const ASKABLE = MATCHER_KEYS.filter((key) => key !== 'rules' && key !== 'severities' && key !== 'metrics');

/** Which subjects; a rule is not about other rules. */
const match: Reader<AlertMatcher> = (place) => {
  const { matcher, faults } = parseMatcher(anyValue(place));
  for (const { key, message } of faults) place.fault(message, key === '' ? place.path : `${place.path}.${key}`);
  for (const key of Object.keys(matcher))
    if (!ASKABLE.some((known) => known === key))
      place.fault(`cannot be asked by a rule; use any of ${ASKABLE.join(', ')}`, `${place.path}.${key}`);
  return Object.freeze(matcher);
};

const minutes = integer({ min: 0, max: 7 * 24 * 60 });
const count = integer({ min: 1, max: 168 });

const parseRunbook = (value: string): string | null =>
  /^https?:\/\/\S+$/i.test(value) && value.length <= 2_000 && URL.canParse(value) ? value : null;
const runbook = parsed(parseRunbook, 'a URL like https://wiki.example.com/runbooks/congestion');

const readEntry = section<RuleEntry>({
  id: required(text),
  name: optional(text),
  enabled: optional(flag),
  match: optional(match),
  metric: optional(metric),
  hours: optional(integer({ min: 1, max: 168 })),
  thresholds: optional(readLevels),
  threshold: optional(decimal({ min: 0 })),
  severity: optional(oneOf(LEVELS)),
  clearThreshold: optional(decimal({ min: 0 })),
  forMinutes: optional(minutes),
  clearForMinutes: optional(minutes),
  badCount: optional(count),
  goodCount: optional(count),
  noData: optional(oneOf(['keep', 'alert', 'resolve'])),
  runbookUrl: optional(runbook),
});

/** Built-in rules whose figures are one metric; the others have states, or several metrics. */
const METRIC_OF: Readonly<Partial<Record<BuiltInRuleId, RuleMetric>>> = { congestion: 'utilization' };
const HOURLY: readonly string[] = ['congestion', 'quality', 'trend'];
/** Rules that answer only when something changes: what is counted is not polls. */
const COUNTED: readonly string[] = [...HOURLY, 'health-drop', 'sle', 'failover'];
const ID = /^[a-z0-9][a-z0-9-]{0,62}$/;

type Fault = (message: string, key?: keyof RuleEntry) => void;

/** Rules of one's own, and what differs of the built-in ones. */
export const readRules: Reader<readonly RuleDefinition[]> = (place) => {
  const own = new Set<string>();
  const readOne: Reader<RuleDefinition> = (each) => {
    const entry = readEntry(each);
    const fault: Fault = (message, key) => void each.fault(message, key === undefined ? each.path : `${each.path}.${key}`);
    if (typeof entry.id !== 'string' || entry.id === '') return definitionOf(entry);
    if (isBuiltInRule(entry.id)) checkBuiltIn(entry, entry.id, fault);
    else checkOwn(entry, own, fault);
    checkFigures(entry, fault);
    return definitionOf(entry);
  };
  return listOf(readOne)(place);
};

function checkBuiltIn(entry: RuleEntry, id: BuiltInRuleId, fault: Fault): void {
  if (entry.metric !== undefined) fault(`is fixed for the built-in rule ${id}; give a rule of your own another id`, 'metric');
  if (entry.hours !== undefined) fault(`is for availability and flaps of rules of your own`, 'hours');
  const hasFigures = METRIC_OF[id] !== undefined;
  for (const key of ['thresholds', 'threshold', 'clearThreshold'] as const)
    if (entry[key] !== undefined && !hasFigures) fault(`${id} has no threshold of its own; ${elsewhere(id)}`, key);
  if (entry.noData !== undefined && !HOURLY.includes(id)) fault(`is for rules about figures`, 'noData');
  for (const key of ['badCount', 'goodCount'] as const)
    if (entry[key] !== undefined && !COUNTED.includes(id)) fault(`${id} counts nothing; use forMinutes and clearForMinutes`, key);
}

const elsewhere = (id: BuiltInRuleId): string =>
  id === 'health-drop' ? 'set health.dropPoints' : 'set those of its figures under thresholds:, or write a rule of your own';

function checkOwn(entry: RuleEntry, own: Set<string>, fault: Fault): void {
  const { id } = entry;
  if (!ID.test(id)) fault('should be lower case letters, digits and hyphens, at most 63', 'id');
  if (own.has(id))
    fault(`two rules have the id ${id}; only built-in rules (${ALERT_RULE_IDS.join(', ')}) may be given again`, 'id');
  own.add(id);
  if (!METRICS.includes(entry.metric ?? '')) {
    if (entry.metric === undefined)
      fault(`is missing: what is the rule about? (or is a built-in rule meant${didYouMean(id, [...ALERT_RULE_IDS])})`, 'metric');
    return;
  }
  if (entry.metric?.startsWith('trend:') === true) {
    for (const key of ['thresholds', 'threshold', 'clearThreshold'] as const)
      if (entry[key] !== undefined) fault('a trend has no threshold; see trends.degradationPercent', key);
  } else if (entry.thresholds === undefined && entry.threshold === undefined)
    fault('is missing: give thresholds: { warning, major, critical } (any of them), or threshold and severity', 'thresholds');
  if (entry.hours !== undefined && entry.metric !== 'availability' && entry.metric !== 'flaps')
    fault('is for availability and flaps', 'hours');
}

function checkFigures(entry: RuleEntry, fault: Fault): void {
  if (entry.threshold !== undefined && entry.thresholds !== undefined)
    fault('should not be given beside thresholds', 'threshold');
  if (entry.thresholds !== undefined && Object.keys(entry.thresholds).length === 0)
    fault('should have at least one level', 'thresholds');
  const worse = worseOf(entry);
  const levels = levelsOf(entry);
  if (worse === null || levels === undefined) return;
  const given = LEVELS.flatMap((level) => levels[level] ?? []);
  const isOrdered = given.every((value, i) => i === 0 || isWorse(value, given[i - 1] ?? value, worse));
  if (!isOrdered) fault(`should be warning ${worse === 'higher' ? '< major <' : '> major >'} critical`, 'thresholds');
  const [mildest] = given;
  if (entry.clearThreshold !== undefined && mildest !== undefined && isWorse(entry.clearThreshold, mildest, worse))
    fault(`should be ${worse === 'higher' ? 'at most' : 'at least'} ${mildest}, where the alert begins`, 'clearThreshold');
}

const isWorse = (value: number, than: number, worse: Worse): boolean => (worse === 'higher' ? value > than : value < than);

function worseOf(entry: RuleEntry): Worse | null {
  const asked = isBuiltInRule(entry.id) ? METRIC_OF[entry.id] : entry.metric;
  if (asked === undefined || !METRICS.includes(asked)) return null;
  return isKpiId(asked) || isSleMetric(asked) ? worseOfMetric(asked) : null;
}

const levelsOf = ({ thresholds, threshold, severity }: RuleEntry): Partial<Thresholds> | undefined =>
  thresholds ?? (threshold === undefined ? undefined : { [severity ?? 'major']: threshold });

function definitionOf(entry: RuleEntry): RuleDefinition {
  const { id, forMinutes, clearForMinutes, badCount, goodCount, hours, threshold: _one, thresholds: _all, ...rest } = entry;
  const levels = levelsOf(entry);
  const timing: Partial<AlertRule> = {
    ...(forMinutes === undefined ? {} : { forMs: forMinutes * 60_000 }),
    ...(clearForMinutes === undefined ? {} : { clearForMs: clearForMinutes * 60_000 }),
    ...(badCount === undefined ? {} : { fireAfterBad: badCount }),
    ...(goodCount === undefined ? {} : { clearAfterGood: goodCount }),
  };
  return Object.freeze({
    ...rest,
    id: ruleIdOf(id),
    ...(hours === undefined ? {} : { trailingHours: hours }),
    ...(levels === undefined ? {} : { thresholds: levels }),
    ...(Object.keys(timing).length === 0 ? {} : { timing }),
  });
}

const ruleIdOf = (id: string): AlertRuleId => (isBuiltInRule(id) ? id : `custom:${id}`);
