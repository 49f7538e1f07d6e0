import type { EpochMs } from '../sample.js';
import { severityRank, type Severity } from '../severity.js';
import type { AlertState } from './alert.js';

/** Somebody has taken an incident: at which severity, and until when at most. */
export interface IncidentAcknowledgement {
  readonly by: string;
  readonly at: EpochMs;
  readonly severity: Severity;
  /** `null` = until the time-out of the policy. */
  readonly until: EpochMs | null;
}

export type AcknowledgementEnd = 'severity-raised' | 'acknowledgement-expired';

/** When an acknowledgement ends by itself; `null` = it does not. */
export const acknowledgedUntil = (
  { at, until }: Pick<IncidentAcknowledgement, 'at' | 'until'>,
  ackTimeoutMs: number | null,
): EpochMs | null => until ?? (ackTimeoutMs === null ? null : at + ackTimeoutMs);

/** Why an acknowledgement no longer holds; `null` = it does. */
export function acknowledgementEnd(
  acknowledgement: Pick<IncidentAcknowledgement, 'at' | 'until' | 'severity'>,
  severity: Severity,
  ackTimeoutMs: number | null,
  now: EpochMs,
): AcknowledgementEnd | null {
  if (severityRank(severity) > severityRank(acknowledgement.severity)) return 'severity-raised';
  const until = acknowledgedUntil(acknowledgement, ackTimeoutMs);
  return until !== null && now >= until ? 'acknowledgement-expired' : null;
}

/** The alert is nobody's any more. */
export function withoutAcknowledgement(state: AlertState): AlertState {
  switch (state.kind) {
    case 'ok':
    case 'pending':
    case 'firing':
      return state;
    case 'acknowledged':
      return { ...state, kind: 'firing', acknowledgement: null };
    case 'clearing':
    case 'flapping':
      return { ...state, acknowledgement: null };
  }
}
