import {
  endOfDisabled,
  endOfRemoved,
  heldByUnknown,
  judgeHours,
  NEVER_BREACHED,
  transition,
  statusOf,
  type AlertDetails,
  type AlertRule,
  type AlertRuleId,
  type AlertState,
  type AlertStatus,
  type AlertTransition,
  type BreachObservation,
  type ChangeReason,
  type EpochMs,
  type HourObservation,
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

/** What `explain` shows of a change: the figure, its threshold and its hour where the rule has them. */
export type ChangeData = Pick<Observation, 'breached' | 'at'> &
  Pick<
    AlertDetails,
    'metric' | 'value' | 'threshold' | 'before' | 'hour' | 'changes' | 'cause' | 'lastHeardAt' | 'kinds' | 'trouble' | 'metrics'
  >;

const TOLD_DETAILS = [
  'metric',
  'value',
  'threshold',
  'before',
  'hour',
  'changes',
  'cause',
  'lastHeardAt',
  'kinds',
  'trouble',
  'metrics',
] as const satisfies readonly (keyof AlertDetails)[];

const changeDataOf = ({ breached, at, details }: Observation): ChangeData => ({
  breached,
  at,
  ...Object.fromEntries(TOLD_DETAILS.flatMap((key) => (details[key] === undefined ? [] : [[key, details[key]]]))),
});

export interface RecordedChange {
  readonly from: AlertStatus | null;
  readonly to: AlertStatus;
  readonly reason: ChangeReason;
  readonly severity: Severity;
  /** The observation it came from, with what it was about; `null` = time alone. */
  readonly data: ChangeData | null;
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

/** The alert after its rule was switched off for it. */
export const draftOfDisabled = (stored: StoredAlert, rule: AlertRule, now: EpochMs): AlertDraft =>
  moved(asDraft(stored), endOfDisabled(stored.state, rule), null, now);

/** One subject of one rule about closed hours: what it is, and what its hours say. */
export interface JudgedSubject {
  readonly subject: Omit<Observation, keyof BreachObservation>;
  readonly hours: readonly HourObservation[];
}

/** An alert may end, and another begin, in hours that are judged together; more often than that it did not matter to anybody. */
const MOST_ALERTS_A_JUDGEMENT = 2;

/** What closed hours make of the newest alert of a subject. Returns the alerts to write, often none. */
export function draftsOfHours(
  stored: StoredAlert | null,
  { subject, hours }: JudgedSubject,
  rule: AlertRule,
  now: EpochMs,
): AlertDraft[] {
  const drafts: AlertDraft[] = [];
  let current: Pick<StoredAlert, 'state' | 'details'> | null = stored;
  for (let i = 0; i < MOST_ALERTS_A_JUDGEMENT; i += 1) {
    const { step, observation } = judgeHours(current, hours, rule, now);
    const isOpen = current !== null && current.state.kind !== 'ok';
    if (observation === null || (step.change === null && !(isOpen && isNews(current, step.state, observation)))) break;
    const told: Observation = { ...subject, ...observation, details: { ...subject.details, ...observation.details } };
    const before = isOpen && stored !== null ? asDraft(stored) : begin(told);
    const draft = startingWith(step.state, moved(before, step, told, now));
    drafts.push(draft);
    if (draft.state.kind !== 'ok') break;
    current = draft;
  }
  return drafts;
}

/** An alert began with its first bad hour, not with the one that made it fire. */
const startingWith = (state: AlertState, draft: AlertDraft): AlertDraft =>
  draft.id === null && 'since' in state ? { ...draft, since: state.since } : draft;

/** The same alert is written anew when it stands elsewhere, or what it shows is of another hour. */
const isNews = (
  current: Pick<StoredAlert, 'state' | 'details'> | null,
  state: AlertState,
  { details, breached }: HourObservation,
): boolean =>
  current !== null && (current.state.kind !== state.kind || (breached === true && current.details.hour !== details.hour));

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
            data: observation === null ? null : changeDataOf(observation),
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
