import type { EpochMs, PortState, Span } from '../sample.js';
import { isSleMetric, type SleMetric } from '../sle/metrics.js';
import { judgeSle } from '../sle/score.js';
import type { ThresholdMetric } from '../thresholds/defaults.js';
import type { Thresholds } from '../thresholds/threshold.js';
import type { HourObservation } from './hours.js';
import { observationOfSle, type ObservedMetric } from './observations.js';
import type { RuleInForce } from './rules.js';

/** What one poll of service levels said of a site, or what is left of it: an hour. */
export interface SlePoll {
  readonly at: EpochMs;
  readonly scores: readonly { readonly metric: string; readonly score: number | null; readonly numClients: number | null }[];
}

/** What the rule about service levels sees, poll by poll (ascending): as live, each metric as it was told last. */
export function slePollObservations(
  rule: Pick<RuleInForce, 'severity'>,
  polls: readonly SlePoll[],
  thresholdsOf: (metric: ThresholdMetric) => Thresholds,
): HourObservation[] {
  const current = new Map<SleMetric, ObservedMetric>();
  return polls.map(({ at, scores }) => {
    for (const { metric, score, numClients } of scores) {
      if (!isSleMetric(metric)) continue;
      const judged = judgeSle({ metric, score, numClients }, thresholdsOf(metric));
      current.set(metric, { metric, score: judged.score, severity: judged.severity });
    }
    const { breached, severity, details } = observationOfSle({ siteId: 0, siteName: '', metrics: [...current.values()], at });
    const { metrics = [], unknownMetrics = [] } = details;
    return { at, breached, severity: rule.severity ?? severity, details: { metrics, unknownMetrics } };
  });
}

/** A stretch of one state of a circuit. */
export interface KnownState extends Span {
  readonly state: PortState;
}

/** What the rule about circuits that are down sees: each change, and that nobody knows where no state is stored. */
export function stateObservations(rule: Pick<RuleInForce, 'severity'>, states: readonly KnownState[]): HourObservation[] {
  const severity = rule.severity ?? 'major';
  return states.flatMap(({ from, to, state }, i) => {
    const isGap = (states[i + 1]?.from ?? Infinity) > to;
    const known = { at: from, breached: state === 'down', severity, details: {} };
    return isGap ? [known, { at: to, breached: null, severity, details: {} }] : [known];
  });
}
