import {
  isBuiltInRule,
  isKpiId,
  isSleMetric,
  kpiOf,
  sleMetricOf,
  type AlertDetails,
  type AlertRuleId,
  type BuiltInRuleId,
  type EpochMs,
} from '@app/domain';

/** What a notice says of one rule. */
interface RuleWords {
  /** Of several sites at once: `congested circuits at 7 sites`. */
  readonly many: string;
  /** One sentence that a tired engineer understands, for each thing that is wrong. */
  readonly sentences: (details: AlertDetails) => string[];
  readonly flapping?: (details: AlertDetails) => string;
}

const SITE_DOWN_CAUSES = {
  'gateways-disconnected': 'all gateways are disconnected',
  'no-circuit-up': 'no circuit is up',
} as const;

const circuitOf = ({ circuitName }: AlertDetails): string => circuitName ?? '?';
const timeOf = (at: EpochMs): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

const metricTitle = (metric: string): string => {
  if (isSleMetric(metric)) return sleMetricOf(metric).title;
  return isKpiId(metric) ? kpiOf(metric).title : metric;
};

/** `91.3 %` of a KPI, `61.2 %` of a share between 0 and 1. */
function figure(metric: string, value: number): string {
  if (isSleMetric(metric)) return `${(value * 100).toFixed(1)}%`;
  const unit = isKpiId(metric) ? kpiOf(metric).unit : '';
  const digits = metric === 'flaps' ? 0 : metric === 'availability' || metric === 'loss' ? 2 : 1;
  return `${value.toFixed(digits)}${unit === '' ? '' : ` ${unit}`}`;
}

/** `utilization 91.3 % (limit 80 %)`. */
export function figurePhrase({ metric, value, threshold, before }: AlertDetails): string {
  if (metric === undefined) return 'a figure is bad';
  const title = metricTitle(metric).toLowerCase();
  if (value === undefined || value === null) return `no data of ${title}`;
  const limit = threshold === undefined ? '' : ` (limit ${figure(metric, threshold)})`;
  const change = before === undefined || before === null ? '' : ` (the day before ${figure(metric, before)})`;
  return `${title} ${figure(metric, value)}${limit}${change}`;
}

const offlinePhrase = ({ deviceName, offline }: AlertDetails): string =>
  offline === undefined
    ? `Gateway ${deviceName ?? '?'} is offline; another gateway of the site is up`
    : `${offline.count} of ${offline.of} access points and switches are offline`;

const heardPhrase = ({ lastHeardAt }: AlertDetails): string =>
  lastHeardAt === undefined || lastHeardAt === null ? '' : ` since ${timeOf(lastHeardAt)}`;

/** Points of 100, which are no figure with a unit. */
const healthPhrase = ({ value, before }: AlertDetails): string =>
  value === undefined || value === null || before === undefined || before === null
    ? ''
    : ` to ${value.toFixed(1)} points over the last 24 hours; the day before it was ${before.toFixed(1)}`;

/** THE LIST of words: a new rule does not compile without its own. */
const WORDS: Readonly<Record<BuiltInRuleId, RuleWords>> = {
  'site-down': {
    many: 'down',
    sentences: ({ cause }) => [`Site down${cause === undefined ? '' : `: ${SITE_DOWN_CAUSES[cause]}`}`],
    flapping: () => 'Site flapping: down and up again and again',
  },
  'circuit-down': {
    many: 'circuits down',
    sentences: (details) => [`Circuit ${circuitOf(details)} down`],
    flapping: (details) => `Circuit ${circuitOf(details)} flapping`,
  },
  failover: {
    many: 'failed over',
    sentences: (details) => [`Failed over from ${circuitOf(details)} to ${details.backupName ?? '?'}`],
    flapping: (details) => `Circuit ${circuitOf(details)} fails over and back again and again`,
  },
  sle: {
    many: 'service levels',
    sentences: ({ metrics = [] }) =>
      metrics.map(
        ({ metric, score, severity }) =>
          `${metricTitle(metric)} ${score === null ? '' : `${(score * 100).toFixed(1)}% `}${severity}`,
      ),
  },
  congestion: { many: 'congested circuits', sentences: (d) => [`Circuit ${circuitOf(d)} is congested: ${figurePhrase(d)}`] },
  quality: { many: 'bad line quality', sentences: (d) => [`Circuit ${circuitOf(d)} has bad quality: ${figurePhrase(d)}`] },
  flapping: {
    many: 'flapping circuits',
    sentences: (d) => [`Circuit ${circuitOf(d)} flaps: ${d.changes ?? 'several'} changes between up and down within an hour`],
  },
  'device-offline': { many: 'devices offline', sentences: (d) => [offlinePhrase(d)] },
  'no-data': {
    many: 'no data',
    sentences: (d) => [
      `${d.circuitName === undefined ? 'The site' : `Circuit ${d.circuitName}`} sends no data${heardPhrase(d)}, though Mist answers`,
    ],
  },
  'collector-stopped': {
    many: 'nothing is collected',
    sentences: ({ kinds = [] }) => [
      `Nothing is collected of ${kinds.join(', ') || 'the organization'}: what is shown is old, and outages go unseen`,
    ],
  },
  'token-trouble': {
    many: 'the API token has a problem',
    sentences: ({ trouble }) => [`The Mist API token has a problem: ${trouble ?? 'calls are refused'}`],
  },
  trend: {
    many: 'figures getting worse',
    sentences: (d) => [`Circuit ${circuitOf(d)} gets worse from day to day: ${figurePhrase(d)}`],
  },
  'health-drop': { many: 'falling health', sentences: (d) => [`Health fell${healthPhrase(d)}`] },
};

/** A rule of the configuration speaks by its own name. */
const wordsOf = (rule: AlertRuleId): RuleWords =>
  isBuiltInRule(rule)
    ? WORDS[rule]
    : {
        many: 'rules of your own',
        sentences: (d) => [
          `${d.ruleName ?? rule.slice('custom:'.length)}: ${d.circuitName === undefined ? '' : `circuit ${d.circuitName}, `}${figurePhrase(d)}`,
        ],
      };

/** What is wrong, in sentences. */
export function sentencesOf(rule: AlertRuleId, details: AlertDetails, isFlapping: boolean): string[] {
  const words = wordsOf(rule);
  return isFlapping && words.flapping !== undefined ? [words.flapping(details)] : words.sentences(details);
}

/** What is wrong with several sites, in a word or two. */
export const manyWordsOf = (rule: AlertRuleId): string => wordsOf(rule).many;
