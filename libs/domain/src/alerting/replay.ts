import type { EpochMs } from '../sample.js';
import { severityRank, type Severity } from '../severity.js';
import type { ThresholdMetric } from '../thresholds/defaults.js';
import type { Thresholds } from '../thresholds/threshold.js';
import { NEVER_BREACHED, type AlertRuleId, type AlertState } from './alert.js';
import type { AlertTransition, ChangeReason } from './change.js';
import { hourObservations, type HourObservation, type HourSeries } from './hours.js';
import { inHours } from './judge-hours.js';
import { heldByUnknown } from './observations.js';
import type { RuleInForce } from './rules.js';
import { dueAtOf, transition } from './transition.js';

/** Hours of one subject, and the rule that held for it. */
export interface ReplayedSubject {
  readonly rule: RuleInForce;
  /** `circuit:<id>` or `site:<id>`. */
  readonly subject: string;
  readonly series: HourSeries;
  readonly thresholdsOf: (metric: ThresholdMetric) => Thresholds;
}

/** An alert as it would have been. */
export interface ReplayedAlert {
  readonly rule: AlertRuleId;
  readonly subject: string;
  readonly since: EpochMs;
  readonly firedAt: EpochMs;
  /** `null` = it went on at the end of the period. */
  readonly resolvedAt: EpochMs | null;
  /** The worst it was. */
  readonly severity: Severity;
  readonly changes: readonly { readonly at: EpochMs; readonly reason: ChangeReason; readonly severity: Severity }[];
}

/**
 * The alerts that a rule would have opened over these hours (ascending), each judged as it closed and by the same transitions as live. What lies
 * before the first hour is not known: who asks begins a day earlier and leaves out what fired before the period.
 */
export function replayHours(
  { rule, subject, series, thresholdsOf }: ReplayedSubject,
  hours: readonly EpochMs[],
): ReplayedAlert[] {
  if (!rule.isEnabled) return [];
  return replayObservations({ rule, subject }, hourObservations(rule, series, { hours, thresholdsOf }));
}

/** The same for answers of any rule, ascending: polls of service levels, say. Delays run out between answers, and after the last until `end`. */
export function replayObservations(
  { rule, subject, end, isHourly = true }: Replaying,
  observations: readonly HourObservation[],
): ReplayedAlert[] {
  const timing = isHourly ? inHours(rule.timing) : rule.timing;
  const alerts: ReplayedAlert[] = [];
  let state: AlertState = NEVER_BREACHED;
  let bad: HourObservation['details'] = {};
  let changes: ReplayedAlert['changes'] = [];
  const take = (next: AlertTransition, at: EpochMs): void => {
    const before = state;
    state = next.state;
    if (next.change !== null) changes = [...changes, { at, reason: next.change.reason, severity: next.change.severity }];
    if (state.kind !== 'ok') return;
    if (isFired(before)) alerts.push(alertOf({ rule: rule.id, subject, open: before, changes }, at));
    [changes, bad] = [[], {}];
  };
  const passUntil = (until: EpochMs): void => {
    for (let due = dueAtOf(state, timing); due !== null && due <= until; due = dueAtOf(state, timing)) {
      const passed = transition(state, null, timing, due);
      if (passed.state === state) return;
      take(passed, due);
    }
  };
  for (const observation of observations) {
    passUntil(observation.at);
    const seen = transition(state, heldByUnknown(observation, bad), timing, observation.at);
    if (observation.breached === true) bad = observation.details;
    take(seen, observation.at);
  }
  if (end !== undefined) passUntil(end);
  return isFired(state) ? [...alerts, alertOf({ rule: rule.id, subject, open: state, changes }, null)] : alerts;
}

interface Replaying extends Pick<ReplayedSubject, 'rule' | 'subject'> {
  /** Closed hours count as often as they are bad, whatever the rule says in minutes. */
  readonly isHourly?: boolean;
  readonly end?: EpochMs;
}

type Fired = Extract<AlertState, { readonly firedAt: EpochMs }>;
const isFired = (state: AlertState): state is Fired => 'firedAt' in state;

const worse = (a: Severity, b: Severity): Severity => (severityRank(b) > severityRank(a) ? b : a);

function alertOf(
  { rule, subject, open, changes }: Pick<ReplayedAlert, 'rule' | 'subject' | 'changes'> & { readonly open: Fired },
  resolvedAt: EpochMs | null,
): ReplayedAlert {
  const severity = changes.map((change) => change.severity).reduce(worse, open.severity);
  return { rule, subject, since: open.since, firedAt: open.firedAt, resolvedAt, severity, changes };
}
