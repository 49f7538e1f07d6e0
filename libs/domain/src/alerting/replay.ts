import type { EpochMs } from '../sample.js';
import { severityRank, type Severity } from '../severity.js';
import type { ThresholdMetric } from '../thresholds/defaults.js';
import type { Thresholds } from '../thresholds/threshold.js';
import { NEVER_BREACHED, type AlertRuleId, type AlertState, type AlertStatus } from './alert.js';
import type { AlertTransition, ChangeReason } from './change.js';
import type { PastChange } from './past-incident.js';
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
  /** What was bad when it was last. */
  readonly metrics: readonly string[];
  readonly changes: readonly ReplayedChange[];
}

export interface ReplayedChange {
  readonly at: EpochMs;
  readonly status: AlertStatus;
  readonly reason: ChangeReason;
  readonly severity: Severity;
}

/** A breach that was over before it fired: it tells nobody, but a site that may be down holds back what hangs below it. */
export type UnfiredAlert = Pick<ReplayedAlert, 'rule' | 'subject' | 'changes'>;

/** All that a rule would have opened about one subject, each ascending. */
export interface ReplayedLives {
  readonly fired: readonly ReplayedAlert[];
  readonly unfired: readonly UnfiredAlert[];
}

/** An answer that may have been found only later than what it is about. */
export interface ReplayedObservation extends HourObservation {
  readonly knownAt?: EpochMs;
}

/** As the history of a stored alert. */
export const pastChangesOf = ({ changes }: UnfiredAlert): PastChange[] =>
  changes.map(({ at, status, severity, reason }) => ({ at, status, severity, flapping: flappingOf(reason) }));

/** Whether a line of the history of an alert, by its reason, says that it began or ceased to flap. */
export const flappingOf = (reason: string): PastChange['flapping'] =>
  reason === 'flapping' ? 'began' : reason.startsWith('flapping-ended') ? 'ended' : null;

/**
 * The alerts that a rule would have opened over these hours (ascending), each judged as it closed and by the same transitions as live. What lies
 * before the first hour is not known: who asks begins a day earlier and leaves out what fired before the period.
 */
export function replayHours(
  { rule, subject, series, thresholdsOf }: ReplayedSubject,
  hours: readonly EpochMs[],
): readonly ReplayedAlert[] {
  if (!rule.isEnabled) return [];
  return replayObservations({ rule, subject }, hourObservations(rule, series, { hours, thresholdsOf }));
}

/** The same for answers of any rule, ascending: polls of service levels, say. Delays run out between answers, and after the last until `end`. */
export const replayObservations = (asked: Replaying, observations: readonly ReplayedObservation[]): readonly ReplayedAlert[] =>
  replayLives(asked, observations).fired;

/** The same, with what was over before it fired. */
export function replayLives(
  { rule, subject, end, isHourly = true }: Replaying,
  observations: readonly ReplayedObservation[],
): ReplayedLives {
  const timing = isHourly ? inHours(rule.timing) : rule.timing;
  const lives = { fired: [] as ReplayedAlert[], unfired: [] as UnfiredAlert[] };
  let state: AlertState = NEVER_BREACHED;
  let bad: HourObservation['details'] = {};
  let changes: ReplayedAlert['changes'] = [];
  const leave = (left: AlertState, at: EpochMs | null): void => {
    if (isFired(left)) lives.fired.push(alertOf({ rule: rule.id, subject, open: left, changes, bad }, at));
    else if (left.kind === 'pending') lives.unfired.push({ rule: rule.id, subject, changes });
  };
  const take = (next: AlertTransition, at: EpochMs): void => {
    const before = state;
    state = next.state;
    if (next.change !== null) changes = [...changes, { at, ...changeOf(next.change) }];
    if (state.kind !== 'ok') return;
    leave(before, at);
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
    const now = observation.knownAt ?? observation.at;
    passUntil(now);
    const seen = transition(state, heldByUnknown(observation, bad), timing, now);
    if (observation.breached === true) bad = observation.details;
    take(seen, now);
  }
  if (end !== undefined) passUntil(end);
  leave(state, null);
  return lives;
}

const changeOf = ({ to: status, reason, severity }: NonNullable<AlertTransition['change']>) => ({ status, reason, severity });

interface Replaying extends Pick<ReplayedSubject, 'rule' | 'subject'> {
  /** Closed hours count as often as they are bad, whatever the rule says in minutes. */
  readonly isHourly?: boolean;
  readonly end?: EpochMs;
}

type Fired = Extract<AlertState, { readonly firedAt: EpochMs }>;
const isFired = (state: AlertState): state is Fired => 'firedAt' in state;

const worse = (a: Severity, b: Severity): Severity => (severityRank(b) > severityRank(a) ? b : a);

function alertOf(
  { open, bad, ...told }: UnfiredAlert & { readonly open: Fired; readonly bad: HourObservation['details'] },
  resolvedAt: EpochMs | null,
): ReplayedAlert {
  const severity = told.changes.map((change) => change.severity).reduce(worse, open.severity);
  const metrics = [...(bad.metrics ?? []).map(({ metric }) => metric), ...(bad.metric === undefined ? [] : [bad.metric])];
  return { ...told, since: open.since, firedAt: open.firedAt, resolvedAt, severity, metrics };
}
