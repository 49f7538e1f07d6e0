import type { EpochMs } from '../sample.js';
import type { Severity } from '../severity.js';
import type { AlertState, AlertStatus } from './alert.js';

/** One answer to "is it breached?"; `null` = nobody knows, which never resolves anything. */
export interface BreachObservation {
  readonly breached: boolean | null;
  readonly severity: Severity;
  readonly at: EpochMs;
  /** Not bad enough to begin an alert, but too bad to end one: between the clear threshold and the threshold. */
  readonly holds?: boolean;
}

/** Reasons of changes that are recorded, and of decisions to change nothing; explained in docs/alerting.md. */
export type ChangeReason =
  | 'breach-began'
  | 'fired-at-once'
  | 'breach-lasted'
  | 'severity-raised'
  | 'severity-lowered'
  | 'flapping'
  | 'flapping-ended-still-breached'
  | 'flapping-ended-quiet'
  | 'good-before-firing'
  | 'good-lasted'
  | 'site-removed'
  | 'circuit-linked'
  | 'rule-disabled'
  | 'acknowledged';
export type StillReason =
  | 'repeated-or-older'
  | 'good'
  | 'unknown-changes-nothing'
  | 'unknown-never-resolves'
  | 'waiting-for-breach-to-last'
  | 'waiting-for-good-to-last'
  | 'breached-again-while-clearing'
  | 'same-breach'
  | 'flapping-goes-on'
  | 'not-open'
  | 'nothing-due';

export interface AlertTransition {
  readonly state: AlertState;
  /** What people should know; `null` when nothing changed for them. */
  readonly change: {
    readonly to: AlertStatus;
    readonly reason: ChangeReason;
    readonly severity: Severity;
  } | null;
  readonly reason: ChangeReason | StillReason;
  /** When time alone moves the state on; `null` = only an observation does. */
  readonly dueAt: EpochMs | null;
}
