import {
  endOfRemoved,
  heldByUnknown,
  NEVER_BREACHED,
  transition,
  statusOf,
  type AlertDetails,
  type AlertRule,
  type AlertRuleId,
  type AlertState,
  type AlertStatus,
  type AlertTransition,
  type ChangeReason,
  type EpochMs,
  type Observation,
  type Severity,
} from '@app/domain';

/** An alert as stored. */
export interface StoredAlert {
  readonly id: number;
  readonly rule: AlertRuleId;
  readonly subject: string;
  readonly siteId: number | null;
  readonly circuitId: number | null;
  readonly state: AlertState;
  readonly severity: Severity;
  readonly since: EpochMs;
  readonly firedAt: EpochMs | null;
  readonly details: AlertDetails;
}

export interface RecordedChange {
  readonly from: AlertStatus | null;
  readonly to: AlertStatus;
  readonly reason: ChangeReason;
  readonly severity: Severity;
  /** The observation it came from; `null` = time alone. */
  readonly data: Pick<Observation, 'breached' | 'at'> | null;
  /** Nobody needs to hear of an alert that never fired. */
  readonly isTold: boolean;
}

/** An alert on its way to being written; `id` null = not stored yet. */
export interface AlertDraft extends Omit<StoredAlert, 'id'> {
  readonly id: number | null;
  readonly resolvedAt: EpochMs | null;
  readonly dueAt: EpochMs | null;
  readonly observedAt: EpochMs;
  readonly changes: readonly RecordedChange[];
}

/**
 * Applies the observations of one subject, oldest first, to its newest alert. Returns the alerts to write: usually one, two when an alert ended
 * and another began, none when all was well and stays so.
 */
export function draftsOf(
  stored: StoredAlert | null,
  observations: readonly Observation[],
  rule: AlertRule,
  now: EpochMs,
): AlertDraft[] {
  const drafts: AlertDraft[] = [];
  let current: AlertDraft | null = stored === null ? null : asDraft(stored);
  let isTouched = false;
  const keep = (): void => {
    if (current !== null && isTouched) drafts.push(current);
    isTouched = false;
  };
  for (const observation of [...observations].sort((a, b) => a.at - b.at)) {
    const settled = current === null ? observation : heldByUnknown(observation, current.details);
    const before: AlertState = current?.state ?? NEVER_BREACHED;
    const step = transition(before, settled, rule, now);
    if (step.state === before) continue;
    if (before.kind === 'ok') {
      if (step.state.kind === 'ok') continue;
      keep();
      current = begin(observation);
    }
    if (current !== null) current = moved(current, step, observation, now);
    isTouched = true;
  }
  keep();
  return drafts;
}

/** The alert after time alone has passed; `null` when nothing was due. */
export function draftOfTime(stored: StoredAlert, rule: AlertRule, now: EpochMs): AlertDraft | null {
  const step = transition(stored.state, null, rule, now);
  return step.state === stored.state ? null : moved(asDraft(stored), step, null, now);
}

/** The alert after its site was removed. */
export const draftOfRemoval = (stored: StoredAlert, rule: AlertRule, now: EpochMs): AlertDraft =>
  moved(asDraft(stored), endOfRemoved(stored.state, rule), null, now);

const asDraft = (stored: StoredAlert): AlertDraft => ({
  ...stored,
  resolvedAt: null,
  dueAt: null,
  observedAt: stored.state.observedAt ?? stored.since,
  changes: [],
});

const begin = ({ rule, subject, siteId, circuitId, severity, at, details }: Observation): AlertDraft => ({
  id: null,
  rule,
  subject,
  siteId,
  circuitId,
  state: NEVER_BREACHED,
  severity,
  since: at,
  firedAt: null,
  resolvedAt: null,
  dueAt: null,
  observedAt: at,
  details,
  changes: [],
});

function moved(
  draft: AlertDraft,
  { state, change, dueAt }: AlertTransition,
  observation: Observation | null,
  now: EpochMs,
): AlertDraft {
  const firedAt = 'firedAt' in state ? state.firedAt : draft.firedAt;
  const isNew = draft.id === null && draft.changes.length === 0;
  const recorded: RecordedChange[] =
    change === null
      ? []
      : [
          {
            ...change,
            from: isNew ? null : statusOf(draft.state),
            data: observation === null ? null : { breached: observation.breached, at: observation.at },
            isTold: firedAt !== null,
          },
        ];
  return {
    ...draft,
    state,
    severity: 'severity' in state ? state.severity : draft.severity,
    firedAt,
    resolvedAt: state.kind === 'ok' ? now : null,
    dueAt,
    observedAt: state.observedAt ?? draft.observedAt,
    // What was wrong stays readable after it is over.
    details: observation?.breached === true ? observation.details : draft.details,
    changes: [...draft.changes, ...recorded],
  };
}
