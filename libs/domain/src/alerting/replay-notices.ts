import type { EpochMs } from '../sample.js';
import { worst, type Severity } from '../severity.js';
import type { IncidentAcknowledgement } from './acknowledgement.js';
import type { EscalationRound } from './escalation.js';
import {
  noticeDue,
  tellable,
  type IncidentMember,
  type NoticeDecision,
  type NoticeReason,
  type NoticeSettings,
} from './notice.js';
import { lifeUntil, memberAt, type PastIncident, type PastMember } from './past-incident.js';
import { DEFAULT_POLICY, digestAt, policyFor, type Policy } from './policy.js';
import type { Hold } from './silence.js';
import { followsWhatWasTold, type Suppression } from './topology.js';

/** What held people's notices back at the time, and when that changed. */
export interface Circumstances {
  /** Ascending. */
  readonly edges: readonly EpochMs[];
  suppressionAt(member: PastMember, severity: Severity, at: EpochMs): Suppression | Hold | null;
}

/** The rules that are tried. */
export interface NoticeRules {
  readonly notices: NoticeSettings;
  readonly policies: readonly Policy[];
  recipientsOf(names: readonly string[], at: EpochMs): readonly string[];
}

/** A notice as it would have been sent. */
export interface ReplayedNotice {
  readonly incidentId: number;
  readonly at: EpochMs;
  readonly reason: NoticeReason;
  readonly severity: Severity;
  readonly to: readonly string[];
  /** It waits for the digest of this time. */
  readonly digestAt: EpochMs | null;
}

/** An incident that asks to be looked at more often than this is looked at no further: a rule of silences and repeats cannot. */
const MOST_LOOKS = 100_000;

interface Standing {
  notified: { readonly at: EpochMs; readonly severity: Severity } | null;
  round: EscalationRound | null;
  acknowledgement: IncidentAcknowledgement | null;
  isHeld: boolean;
  /** What ended an acknowledgement: alerts taken before are nobody's since. */
  releasedAt: EpochMs;
  readonly toldAt: Map<number, EpochMs>;
  readonly destinations: Set<string>;
}

/**
 * What would have been sent about an incident, by the same decisions as live: looked at whenever something happened, and whenever it asks to be.
 * People act as they did. `alsoTold` are those who were told of incidents that went on in this one.
 */
export function replayNotices(
  incident: PastIncident,
  rules: NoticeRules,
  circumstances: Circumstances,
  { until, alsoTold = [] }: { readonly until: EpochMs; readonly alsoTold?: readonly string[] },
): ReplayedNotice[] {
  const standing: Standing = {
    notified: null,
    round: null,
    acknowledgement: null,
    isHeld: false,
    releasedAt: -Infinity,
    toldAt: new Map(),
    destinations: new Set(alsoTold),
  };
  const sent: ReplayedNotice[] = [];
  const times = timesOf(incident, circumstances, until);
  let next = 0;
  let dueAt: EpochMs | null = null;
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    const happensAt = times[next] ?? Infinity;
    const at = Math.min(happensAt, dueAt ?? Infinity);
    if (at >= until) return sent;
    if (at === happensAt) next += 1;
    const members = membersAt(incident, standing, circumstances, at);
    if (members.length === 0) {
      // All of it went over to another incident, where it is told from now on.
      if (incident.members.every(({ joinedAt }) => joinedAt <= at)) return sent;
      dueAt = null;
      continue;
    }
    const { decision, notice } = decideAt({ incident, standing, rules, members }, at);
    if (notice !== null) sent.push(notice);
    if (decision.isClosed) return sent;
    dueAt = decision.dueAt !== null && decision.dueAt > at ? decision.dueAt : null;
  }
  return sent;
}

type Shown = IncidentMember & { readonly past: PastMember };

interface Look {
  readonly incident: PastIncident;
  readonly standing: Standing;
  readonly rules: NoticeRules;
  readonly members: readonly Shown[];
}

/** Everything that happened to an incident by itself. */
function timesOf(
  { openedAt, members, acknowledgements, widenedAt }: PastIncident,
  { edges }: Circumstances,
  until: EpochMs,
): EpochMs[] {
  const own = [
    openedAt,
    ...acknowledgements.map(({ at }) => at),
    ...widenedAt,
    ...members.flatMap(({ joinedAt, movedAt, changes }) => [
      joinedAt,
      ...(movedAt === null ? [] : [movedAt]),
      ...changes.map(({ at }) => at),
    ]),
  ];
  return [...new Set([...own, ...edges])].filter((at) => at >= openedAt && at < until).sort((a, b) => a - b);
}

function membersAt({ members }: PastIncident, standing: Standing, circumstances: Circumstances, at: EpochMs): Shown[] {
  const followerOf = (past: PastMember) => ({
    rule: past.subject.rule,
    circuitId: past.circuitId,
    isTold: standing.toldAt.has(past.alertId),
    ...lifeUntil(past, at),
  });
  const isFollowUp = followsWhatWasTold(members.map(followerOf));
  return members.flatMap((past) => {
    const now = memberAt(past, at);
    if (now === null) return [];
    const isTaken = now.acknowledgedAt !== null && now.acknowledgedAt > standing.releasedAt;
    const toldAt = standing.toldAt.get(past.alertId);
    return [
      {
        past,
        status: now.status === 'acknowledged' && !isTaken ? 'firing' : now.status,
        severity: now.severity,
        isTold: toldAt !== undefined,
        isNewlyFlapping: now.flappingSince !== null && toldAt !== undefined && now.flappingSince > toldAt,
        suppression: circumstances.suppressionAt(past, now.severity, at),
        isFollowUp: isFollowUp(followerOf(past)),
        acknowledgedAt: isTaken ? now.acknowledgedAt : null,
      },
    ];
  });
}

function decideAt(
  { incident, standing, rules, members }: Look,
  at: EpochMs,
): { readonly decision: NoticeDecision; readonly notice: ReplayedNotice | null } {
  take(incident, standing, members, at);
  const { policies, notices } = rules;
  const kept = [...policies, DEFAULT_POLICY].find(({ id }) => id === standing.round?.policy) ?? null;
  const asked = tellable(members).map(({ past, severity }) => ({ ...past.subject, severity }));
  const chosen = policyFor(policies, asked);
  const { notified, round, acknowledgement, isHeld } = standing;
  const isWidened = notified !== null && incident.widenedAt.some((time) => time > notified.at && time <= at);
  const open = { openedAt: incident.openedAt, notified, round, acknowledgement, isHeld, isWidened };
  const decision = noticeDue(open, members, at, { ...notices, policies: { kept, chosen } });
  const policy = kept !== null && kept.id === decision.round?.policy ? kept : chosen;
  const notice =
    decision.notice === null
      ? null
      : noticeOf({ incident, standing, rules, members }, { decision, reason: decision.notice, policy }, at);
  standing.round = decision.round;
  standing.isHeld = decision.isHeld;
  if (decision.released !== null) [standing.acknowledgement, standing.releasedAt] = [null, at];
  return { decision, notice };
}

/** Somebody took it then. */
function take({ acknowledgements }: PastIncident, standing: Standing, members: readonly Shown[], at: EpochMs): void {
  const taken = acknowledgements.find((each) => each.at === at);
  if (taken === undefined) return;
  const active = members.filter(({ status }) => status === 'firing' || status === 'acknowledged');
  standing.acknowledgement = { ...taken, severity: worst(active.map(({ severity }) => severity)) };
}

function noticeOf(
  { incident, standing, rules, members }: Look,
  { decision, reason, policy }: { readonly decision: NoticeDecision; readonly reason: NoticeReason; readonly policy: Policy },
  at: EpochMs,
): ReplayedNotice {
  const isOver = reason === 'recovered';
  const named = isOver ? [] : tellable(members);
  const severity = isOver ? (standing.notified?.severity ?? 'unknown') : worst(named.map((member) => member.severity));
  const names = decision.steps.flatMap((step) => policy.steps[step]?.to ?? []);
  const to = isOver ? [...standing.destinations] : rules.recipientsOf(names, at);
  for (const destination of to) standing.destinations.add(destination);
  for (const { past } of named) standing.toldAt.set(past.alertId, at);
  standing.notified = { at, severity };
  return { incidentId: incident.id, at, reason, severity, to, digestAt: digestAt(policy, severity, at) };
}
