import type { EpochMs } from '../sample.js';
import { severityRank, worst, type Severity } from '../severity.js';
import { matches, type AlertMatcher, type AlertSubject } from './matcher.js';
import { nextTimeOfDay, openingAt, type TimeOfDay, type WeeklyHours } from './working-hours.js';

/** In the place of a destination: everybody of every channel. */
export const EVERYBODY = 'everybody';
const ROTA_PREFIX = 'rota:';

/** The rota that a step names; `null` = it names a destination. */
export const rotaIdOf = (to: string): string | null => (to.startsWith(ROTA_PREFIX) ? to.slice(ROTA_PREFIX.length) : null);

/** Whom an incident is told some time after it began, if nobody has taken it until then. */
export interface EscalationStep {
  readonly afterMs: number;
  /** Destinations `<channel>:<address>`, all of a channel by its id, `rota:<id>`, or `everybody`. */
  readonly to: readonly string[];
  /** Told again after this time; `null` = after the repeat interval of all alerts. */
  readonly repeatMs: number | null;
  /** How often it is told again; `null` = as long as it is open. */
  readonly repeats: number | null;
}

/** Milder incidents are told inside these hours only. */
export interface WorkingHours extends WeeklyHours {
  readonly below: Severity;
}

/** Milder incidents are not told one by one, but together once a day. */
export interface DailyDigest extends TimeOfDay {
  readonly below: Severity;
}

export interface Policy {
  readonly id: string;
  readonly match: AlertMatcher;
  readonly steps: readonly EscalationStep[];
  /** An acknowledgement without an end of its own holds this long; `null` = until it is over. */
  readonly ackTimeoutMs: number | null;
  readonly workingHours: WorkingHours | null;
  readonly digest: DailyDigest | null;
}

/** What holds where no policy of the configuration fits: everybody is told at once, and again while it is open. */
export const DEFAULT_POLICY: Policy = {
  id: 'default',
  match: {},
  steps: [{ afterMs: 0, to: [EVERYBODY], repeatMs: null, repeats: null }],
  ackTimeoutMs: null,
  workingHours: null,
  digest: null,
};

/** The first policy that fits the worst of these; among equally bad ones the first that any policy fits. Without any, the default. */
export function policyFor(policies: readonly Policy[], subjects: readonly AlertSubject[]): Policy {
  const severity = worst(subjects.map((subject) => subject.severity));
  const worstOnes = subjects.filter((subject) => subject.severity === severity);
  return policies.find(({ match }) => worstOnes.some((subject) => matches(match, subject))) ?? DEFAULT_POLICY;
}

const isBelow = (severity: Severity, limit: Severity): boolean => severityRank(severity) < severityRank(limit);

/** Until when the working hours of a policy keep an incident of this severity back; `null` = they do not. */
export function closedUntil({ workingHours }: Policy, severity: Severity, now: EpochMs): EpochMs | null {
  if (workingHours === null || !isBelow(severity, workingHours.below)) return null;
  const { isOpen, until } = openingAt(workingHours, now);
  return isOpen ? null : until;
}

/** When the digest goes out that tells an incident of this severity; `null` = it is told at once. */
export const digestAt = ({ digest }: Policy, severity: Severity, now: EpochMs): EpochMs | null =>
  digest === null || !isBelow(severity, digest.below) ? null : nextTimeOfDay(digest, now);
