import {
  isKpiId,
  isSleMetric,
  type AlertRuleId,
  type AlertSubject,
  type BuiltInRuleId,
  type RuleBook,
  type RuleInForce,
  type ThresholdMetric,
} from '@app/domain';
import type { ReplayPlace } from './replay.repository.js';

/** What is stored of what a rule looks at. */
export const REPLAY_BASES = ['hours', 'polls', 'states', 'failovers', 'reachability'] as const;
export type ReplayBasis = (typeof REPLAY_BASES)[number];

/** What a trial can do with a rule. */
export type Triable = { readonly basis: ReplayBasis } | { readonly whyNot: string };

/** THE LIST: what each built-in rule is tried on, or why it cannot be. */
const BUILT_IN: Readonly<Record<BuiltInRuleId, Triable>> = {
  sle: { basis: 'polls' },
  'circuit-down': { basis: 'states' },
  'site-down': { basis: 'reachability' },
  failover: { basis: 'failovers' },
  congestion: { basis: 'hours' },
  quality: { basis: 'hours' },
  flapping: { basis: 'states' },
  'device-offline': { whyNot: 'of access points and switches only the newest state is stored' },
  'no-data': { whyNot: 'when something was heard of is stored only as it is now' },
  'collector-stopped': { whyNot: 'how the polls of a moment stood is not stored' },
  'token-trouble': { whyNot: 'what Mist said to the token is stored only as it is now' },
  trend: { whyNot: 'a trial looks at each hour, not at one day beside another' },
  'health-drop': { whyNot: 'a trial looks at each hour, not at one day beside another' },
};

const isHourly = (metric: string): boolean => isKpiId(metric) || isSleMetric(metric);

/** What a rule would be tried on. */
export function triableOf(id: AlertRuleId, book: RuleBook): Triable {
  const builtIn = Object.entries(BUILT_IN).find(([known]) => known === id)?.[1];
  if (builtIn !== undefined) return builtIn;
  if (book.metricsOf(id).some(isHourly)) return { basis: 'hours' };
  return BUILT_IN.trend;
}

/** Rows an hour that a place costs: ten service levels in four polls, or one. */
export const ROWS_AN_HOUR: Readonly<Record<ReplayBasis, number>> = {
  hours: 1,
  polls: 40,
  states: 0.1,
  failovers: 0.01,
  reachability: 0.4,
};

/** Whether a basis is about circuits; those of sites are about sites, and hours about both. */
const IS_OF_CIRCUITS: Readonly<Record<Exclude<ReplayBasis, 'hours'>, boolean>> = {
  polls: false,
  states: true,
  failovers: true,
  reachability: false,
};

export const subjectKey = ({ circuitId, siteId }: Pick<ReplayPlace, 'circuitId' | 'siteId'>): string =>
  circuitId === null ? `site:${String(siteId)}` : `circuit:${String(circuitId)}`;

/** What matchers ask of an alert of a rule about a place. */
export function askedOf(rule: AlertRuleId, { subject, id, circuitId, provider }: ReplayPlace): AlertSubject {
  const { orgId: org, siteId: site, region, storeType } = subject;
  const circuits = circuitId === null ? [] : [id, `${subject.mac ?? ''}/${subject.portId ?? ''}`];
  const providers = provider === null ? [] : [provider];
  return { rule, severity: 'unknown', org, site, region, storeType, circuits, providers, metrics: [] };
}

export const ruleAt = (book: RuleBook, id: AlertRuleId, place: ReplayPlace): RuleInForce => book.of(id, askedOf(id, place));

/** Circuits have KPIs, sites have service levels. */
export const metricsAt = (rule: RuleInForce, { circuitId }: ReplayPlace): ThresholdMetric[] =>
  rule.metrics.filter((metric): metric is ThresholdMetric => (circuitId === null ? isSleMetric(metric) : isKpiId(metric)));

/** Whether a rule, as it is or as it would be, is about this place. */
export function isAbout(id: AlertRuleId, basis: ReplayBasis, place: ReplayPlace, book: RuleBook): boolean {
  const rule = ruleAt(book, id, place);
  if (!rule.isEnabled) return false;
  return basis === 'hours' ? metricsAt(rule, place).length > 0 : IS_OF_CIRCUITS[basis] === (place.circuitId !== null);
}
