import type { EpochMs } from '../sample.js';
import { severityRank, type Severity } from '../severity.js';
import { statusOf, type Acknowledgement, type AlertRule, type AlertState, type StateOf } from './alert.js';
import type { AlertTransition, BreachObservation, ChangeReason, StillReason } from './change.js';

export type { AlertTransition, BreachObservation, ChangeReason, StillReason } from './change.js';

type Open = StateOf<'firing' | 'acknowledged' | 'clearing' | 'flapping'>;

/**
 * The next state of an alert. `observation` null means that only time has passed. An observation not newer than the last one changes nothing,
 * so repeats and late arrivals are harmless.
 */
export function transition(
  state: AlertState,
  observation: BreachObservation | null,
  rule: AlertRule,
  now: EpochMs,
): AlertTransition {
  if (observation === null) return passTime(state, rule, now);
  if (state.observedAt !== null && observation.at <= state.observedAt) return still(state, 'repeated-or-older', rule);
  const settled = settle(state, observation);
  const seen = see(state, settled, rule);
  if (settled.breached === null) return onUnknown(seen, rule);
  const isFlip = seen.breached !== state.breached;
  if (isFlip && seen.kind !== 'flapping' && isFlapping(seen, settled.at, rule)) return startFlapping(seen, settled, rule);
  return settled.breached ? onBad(seen, settled, rule, now) : onGood(seen, settled.at, rule, now);
}

/** What lies between the two thresholds keeps an alert going that has fired, and is good otherwise. */
function settle(state: AlertState, observation: BreachObservation): BreachObservation {
  const isHeld = observation.holds === true && observation.breached === false && state.kind !== 'ok' && state.kind !== 'pending';
  return isHeld ? { ...observation, breached: true, severity: state.severity } : observation;
}

/** Somebody took the alert: repeats stop until it resolves or gets worse. */
export function acknowledge(state: AlertState, acknowledgement: Acknowledgement, rule: AlertRule): AlertTransition {
  switch (state.kind) {
    case 'ok':
    case 'pending':
      return still(state, 'not-open', rule);
    case 'firing':
    case 'acknowledged':
      return changed({ ...state, kind: 'acknowledged', acknowledgement }, 'acknowledged', state.severity, rule);
    case 'clearing':
    case 'flapping':
      return changed({ ...state, acknowledgement }, 'acknowledged', state.severity, rule);
  }
}

/** What the alert is about exists no longer: it is over whatever was seen last. */
export function endOfRemoved(state: AlertState, rule: AlertRule): AlertTransition {
  if (state.kind === 'ok') return still(state, 'not-open', rule);
  return changed({ ...toOk(state), breached: false }, 'site-removed', state.severity, rule);
}

/** The circuit goes on as another one, which has an alert of this rule of its own. */
export function endOfLinked(state: AlertState, rule: AlertRule): AlertTransition {
  if (state.kind === 'ok') return still(state, 'not-open', rule);
  return changed({ ...toOk(state), breached: false }, 'circuit-linked', state.severity, rule);
}

/** The rule was switched off, or no longer covers the subject: over, and nobody looks at it any more. */
export function endOfDisabled(state: AlertState, rule: AlertRule): AlertTransition {
  if (state.kind === 'ok') return still(state, 'not-open', rule);
  return changed({ ...toOk(state), breached: false }, 'rule-disabled', state.severity, rule);
}

/** When time alone moves this state. */
export function dueAtOf(state: AlertState, rule: AlertRule): EpochMs | null {
  switch (state.kind) {
    case 'ok':
    case 'firing':
    case 'acknowledged':
      return null;
    case 'pending':
      return state.bad >= rule.fireAfterBad ? state.since + rule.forMs : null;
    case 'clearing':
      return state.good >= rule.clearAfterGood ? state.goodSince + rule.clearForMs : null;
    case 'flapping':
      return (state.flips.at(-1) ?? state.firedAt) + rule.flapWindowMs;
  }
}

function see(state: AlertState, { at, breached }: BreachObservation, rule: AlertRule): AlertState {
  if (breached === null) return { ...state, observedAt: at };
  const flips = breached === state.breached ? state.flips : [...state.flips, at];
  const newest = flips.length - 1;
  return {
    ...state,
    observedAt: at,
    breached,
    flips: flips.filter((flip, i) => i === newest || flip > at - rule.flapWindowMs),
  };
}

const isFlapping = ({ flips }: AlertState, at: EpochMs, rule: AlertRule): boolean =>
  rule.flapTransitions > 0 && flips.filter((flip) => flip > at - rule.flapWindowMs).length >= rule.flapTransitions;

function startFlapping(state: AlertState, { at, severity }: BreachObservation, rule: AlertRule): AlertTransition {
  const { observedAt, breached, flips } = state;
  const seen = { observedAt, breached, flips };
  switch (state.kind) {
    case 'ok':
      return changed(
        {
          ...seen,
          kind: 'flapping',
          since: at,
          firedAt: at,
          severity,
          acknowledgement: null,
        },
        'flapping',
        severity,
        rule,
      );
    case 'pending': {
      const { since, severity: known } = state;
      return changed(
        {
          ...seen,
          kind: 'flapping',
          since,
          firedAt: at,
          severity: known,
          acknowledgement: null,
        },
        'flapping',
        known,
        rule,
      );
    }
    case 'firing':
    case 'acknowledged':
    case 'clearing':
    case 'flapping':
      return changed({ ...seen, ...fired(state), kind: 'flapping' }, 'flapping', state.severity, rule);
  }
}

function onUnknown(state: AlertState, rule: AlertRule): AlertTransition {
  switch (state.kind) {
    case 'clearing':
      return still(resume(state), 'unknown-never-resolves', rule);
    case 'ok':
    case 'pending':
    case 'firing':
    case 'acknowledged':
    case 'flapping':
      return still(state, 'unknown-changes-nothing', rule);
  }
}

function onBad(state: AlertState, { at, severity }: BreachObservation, rule: AlertRule, now: EpochMs): AlertTransition {
  switch (state.kind) {
    case 'ok':
      return fireOrWait({ ...state, kind: 'pending', since: at, severity, bad: 1 }, true, rule, Math.max(now, at));
    case 'pending':
      return fireOrWait({ ...state, severity, bad: state.bad + 1 }, false, rule, Math.max(now, at));
    case 'clearing':
      return withSeverity(resume(state), severity, 'breached-again-while-clearing', rule);
    case 'firing':
    case 'acknowledged':
      return withSeverity(state, severity, 'same-breach', rule);
    case 'flapping':
      return withSeverity(state, severity, 'flapping-goes-on', rule);
  }
}

function onGood(state: AlertState, at: EpochMs, rule: AlertRule, now: EpochMs): AlertTransition {
  switch (state.kind) {
    case 'ok':
      return still(state, 'good', rule);
    case 'pending':
      return changed(toOk(state), 'good-before-firing', state.severity, rule);
    case 'firing':
    case 'acknowledged':
      return clearOrWait({ ...state, kind: 'clearing', goodSince: at, good: 1 }, rule, Math.max(now, at));
    case 'clearing':
      return clearOrWait({ ...state, good: state.good + 1 }, rule, Math.max(now, at));
    case 'flapping':
      return still(state, 'flapping-goes-on', rule);
  }
}

function passTime(state: AlertState, rule: AlertRule, now: EpochMs): AlertTransition {
  const dueAt = dueAtOf(state, rule);
  if (dueAt === null || now < dueAt) return still(state, 'nothing-due', rule);
  switch (state.kind) {
    case 'ok':
    case 'firing':
    case 'acknowledged':
      return still(state, 'nothing-due', rule);
    case 'pending':
      return fireOrWait(state, false, rule, now);
    case 'clearing':
      return clearOrWait(state, rule, now);
    case 'flapping':
      return state.breached
        ? changed(resume(state), 'flapping-ended-still-breached', state.severity, rule)
        : changed(toOk(state), 'flapping-ended-quiet', state.severity, rule);
  }
}

function fireOrWait(state: StateOf<'pending'>, isFirst: boolean, rule: AlertRule, now: EpochMs): AlertTransition {
  const dueAt = dueAtOf(state, rule);
  if (dueAt === null || now < dueAt) {
    return isFirst ? changed(state, 'breach-began', state.severity, rule) : still(state, 'waiting-for-breach-to-last', rule);
  }
  const { observedAt, breached, flips, since, severity } = state;
  const firing = {
    kind: 'firing',
    observedAt,
    breached,
    flips,
    since,
    severity,
    firedAt: now,
    acknowledgement: null,
  } as const;
  return changed(firing, isFirst ? 'fired-at-once' : 'breach-lasted', severity, rule);
}

function clearOrWait(state: StateOf<'clearing'>, rule: AlertRule, now: EpochMs): AlertTransition {
  const dueAt = dueAtOf(state, rule);
  if (dueAt === null || now < dueAt) return still(state, 'waiting-for-good-to-last', rule);
  return changed(toOk(state), 'good-lasted', state.severity, rule);
}

/** A worse severity takes an acknowledgement back: who took a warning has not taken a critical. */
function withSeverity(state: Open, severity: Severity, otherwise: StillReason, rule: AlertRule): AlertTransition {
  const by = severityRank(severity) - severityRank(state.severity);
  if (by === 0) return still(state, otherwise, rule);
  if (by < 0) return changed({ ...state, severity }, 'severity-lowered', severity, rule);
  const worse = state.kind === 'acknowledged' ? { ...state, kind: 'firing' as const } : state;
  return changed({ ...worse, severity, acknowledgement: null }, 'severity-raised', severity, rule);
}

const toOk = ({ observedAt, breached, flips }: AlertState): AlertState => ({
  kind: 'ok',
  observedAt,
  breached,
  flips,
});

const fired = ({ since, severity, firedAt, acknowledgement }: Open) => ({
  since,
  severity,
  firedAt,
  acknowledgement,
});

function resume(state: StateOf<'clearing' | 'flapping'>): StateOf<'firing' | 'acknowledged'> {
  const { observedAt, breached, flips, since, severity, firedAt, acknowledgement } = state;
  const open = { observedAt, breached, flips, since, severity, firedAt };
  return acknowledgement === null
    ? { ...open, kind: 'firing', acknowledgement }
    : { ...open, kind: 'acknowledged', acknowledgement };
}

const still = (state: AlertState, reason: StillReason, rule: AlertRule): AlertTransition => ({
  state,
  change: null,
  reason,
  dueAt: dueAtOf(state, rule),
});

const changed = (state: AlertState, reason: ChangeReason, severity: Severity, rule: AlertRule): AlertTransition => ({
  state,
  change: { to: statusOf(state), reason, severity },
  reason,
  dueAt: dueAtOf(state, rule),
});
