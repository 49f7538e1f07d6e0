import type { EpochMs } from '../sample.js';
import { severityRank } from '../severity.js';
import { HOUR_MS, hourOf } from '../time/bucket.js';
import { NEVER_BREACHED, statusOf, type AlertRule, type AlertState, type StateOf } from './alert.js';
import type { AlertTransition, ChangeReason } from './change.js';
import type { HourObservation } from './hours.js';
import { heldByUnknown, type AlertDetails } from './observations.js';
import { transition } from './transition.js';

/** Hours before the running one that are judged together: late data changes the answer of each. */
export const JUDGED_HOURS = 24;

/** What the closed hours make of an alert. */
export interface HourVerdict {
  readonly step: AlertTransition;
  /** The observation that the change came from; `null` when nothing is known. */
  readonly observation: HourObservation | null;
}

interface Walk {
  readonly state: AlertState;
  readonly details: Pick<AlertDetails, 'metrics'> | null;
  /** The newest one that was bad. */
  readonly bad: HourObservation | null;
  readonly last: HourObservation | null;
}

/**
 * The alert after these hours (ascending), however often and in whatever order their data came: they are judged as a whole each time, from where
 * the alert stood before them, and only how it stands at the end counts. So late data counts, and hours that are over open nothing.
 * `stored` null = there never was an alert; `details` are those of the alert as stored.
 */
export function judgeHours(
  stored: { readonly state: AlertState; readonly details: Pick<AlertDetails, 'metrics'> } | null,
  hours: readonly HourObservation[],
  rule: AlertRule,
  now: EpochMs,
): HourVerdict {
  const before = stored?.state ?? NEVER_BREACHED;
  const counting = inHours(rule);
  const start = rewound(before, hours[0]?.at ?? Infinity);
  const walked = walk({ state: start, details: stored?.details ?? null, bad: null, last: null }, hours, counting);
  const after = settled(before, walked, now);
  return {
    step: stepBetween(before, after, rule),
    observation: walked.bad !== null && after.kind !== 'ok' ? walked.bad : walked.last,
  };
}

/** Each hour is as long as an hour: waiting is counting. */
export const inHours = (rule: AlertRule): AlertRule => ({
  ...rule,
  forMs: 0,
  clearForMs: 0,
  flapTransitions: 0,
  fireAfterBad: Math.max(1, rule.fireAfterBad, Math.ceil(rule.forMs / HOUR_MS)),
  clearAfterGood: Math.max(1, rule.clearAfterGood, Math.ceil(rule.clearForMs / HOUR_MS)),
});

/** Back to where the alert stood before the hours that may have changed. Hours that ended an alert, or lie before it fired, are settled. */
function rewound(state: AlertState, firstAt: EpochMs): AlertState {
  switch (state.kind) {
    case 'ok':
      return state;
    case 'pending':
      return firstAt <= state.since ? NEVER_BREACHED : state;
    case 'firing':
    case 'acknowledged':
    case 'clearing':
    case 'flapping':
      return asFiring(state, Math.max(hourOf(state.firedAt), firstAt - 1));
  }
}

type Open = StateOf<'firing' | 'acknowledged' | 'clearing' | 'flapping'>;

const asFiring = ({ since, severity, firedAt, flips }: Open, observedAt: EpochMs): AlertState => ({
  kind: 'firing',
  observedAt,
  breached: true,
  flips,
  since,
  severity,
  firedAt,
  acknowledgement: null,
});

/** Stops where an alert that had fired ends: what begins afterwards is another one. */
function walk(start: Walk, hours: readonly HourObservation[], rule: AlertRule): Walk {
  const wasOpen = statusOf(start.state) === 'firing';
  let at = start;
  for (const hour of hours) {
    const observation = at.details === null ? hour : heldByUnknown(hour, at.details);
    const { state } = transition(at.state, observation, rule, observation.at);
    if (state === at.state) continue;
    const isBad = observation.breached === true;
    at = { state, last: hour, bad: isBad ? hour : at.bad, details: isBad ? hour.details : at.details };
    if (wasOpen && state.kind === 'ok') break;
  }
  return at;
}

/** A bad hour older than this begins nothing: whoever hears of it now cannot do anything about it. */
const FRESH_MS = 3 * HOUR_MS;

/** Who took the alert keeps it, unless it is worse now than when it was stored; an alert that fires now fired now, and is not about to clear. */
function settled(before: AlertState, { state, bad }: Walk, now: EpochMs): AlertState {
  if (state.kind === 'ok') return state;
  if (!isFired(before)) {
    if (state.kind === 'clearing') return { ...NEVER_BREACHED, observedAt: state.observedAt };
    const isOld = bad === null || bad.at < now - FRESH_MS;
    if (isOld) return before;
    return state.kind === 'pending' ? state : { ...state, firedAt: now };
  }
  if (!isFired(state)) return state;
  const isWorse = severityRank(state.severity) > severityRank(before.severity);
  const acknowledgement = isWorse ? null : before.acknowledgement;
  if (acknowledgement === null) return state;
  return state.kind === 'firing' ? { ...state, kind: 'acknowledged', acknowledgement } : { ...state, acknowledgement };
}

function stepBetween(before: AlertState, after: AlertState, rule: AlertRule): AlertTransition {
  const reason = reasonOf(before, after, inHours(rule));
  const severity = 'severity' in after ? after.severity : 'severity' in before ? before.severity : 'unknown';
  const change = reason === null ? null : { to: statusOf(after), reason, severity };
  return { state: after, change, reason: reason ?? 'same-breach', dueAt: null };
}

const isFired = (state: AlertState): state is Open => state.kind !== 'ok' && state.kind !== 'pending';

/** What people should know; `null` = for them nothing changed. */
function reasonOf(before: AlertState, after: AlertState, rule: AlertRule): ChangeReason | null {
  if (isFired(before)) {
    if (!isFired(after)) return 'good-lasted';
    const by = severityRank(after.severity) - severityRank(before.severity);
    return by === 0 ? null : by > 0 ? 'severity-raised' : 'severity-lowered';
  }
  if (isFired(after)) return rule.fireAfterBad === 1 ? 'fired-at-once' : 'breach-lasted';
  if (before.kind === 'pending') return after.kind === 'ok' ? 'good-before-firing' : null;
  return after.kind === 'pending' ? 'breach-began' : null;
}
