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
import type { AlertSubject } from './matcher.js';
import { MembersWalk, type MembersAt } from './members-walk.js';
import { endOf, lifeUntil, type PastIncident, type PastMember } from './past-incident.js';
import { DEFAULT_POLICY, digestAt, policyFor, type Policy } from './policy.js';
import { isReturned, type Hold } from './silence.js';
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
/** What happens to an incident of many members is looked at every few seconds, as the sweep does live; the more members, the more of them. */
const MANY_MEMBERS = 500;
const LOOK_MS = 5_000;
const LONGEST_LOOK_MS = 30_000;
const lookEveryMs = (members: readonly PastMember[]): number =>
  Math.min(LONGEST_LOOK_MS, Math.floor(members.length / MANY_MEMBERS) * LOOK_MS);

interface Standing {
  notified: { readonly at: EpochMs; readonly severity: Severity } | null;
  round: EscalationRound | null;
  acknowledgement: IncidentAcknowledgement | null;
  isHeld: boolean;
  /** What ended an acknowledgement: alerts taken before are nobody's since. */
  releasedAt: EpochMs;
  readonly toldAt: Map<number, EpochMs>;
  /** What held each alert back at the look before, in the words of `alert.suppressed_by`. */
  heldBefore: ReadonlyMap<number, string>;
  readonly destinations: Set<string>;
}

/** Until when, and what incidents that went on in this one leave to it. */
export interface ReplayOptions {
  readonly until: EpochMs;
  /** Who was told of them. */
  readonly alsoTold?: Iterable<string>;
  /** Alerts that people were told of there, and when. */
  readonly toldBefore?: ReadonlyMap<number, EpochMs>;
}

/**
 * What would have been sent about an incident, by the same decisions as live: looked at whenever something happened, and whenever it asks to be.
 * People act as they did.
 */
export const replayNotices = (
  incident: PastIncident,
  rules: NoticeRules,
  circumstances: Circumstances,
  options: ReplayOptions,
): ReplayedNotice[] => replayIncident(incident, rules, circumstances, options).notices;

/** The same, and which alerts were told when. */
export function replayIncident(
  incident: PastIncident,
  rules: NoticeRules,
  circumstances: Circumstances,
  { until, alsoTold = [], toldBefore = new Map() }: ReplayOptions,
): { readonly notices: ReplayedNotice[]; readonly toldAt: ReadonlyMap<number, EpochMs> } {
  const standing: Standing = {
    notified: null,
    round: null,
    acknowledgement: null,
    isHeld: false,
    releasedAt: -Infinity,
    toldAt: new Map(
      incident.members.flatMap(({ alertId }) => {
        const at = toldBefore.get(alertId);
        return at === undefined ? [] : [[alertId, at] as const];
      }),
    ),
    heldBefore: new Map(),
    destinations: new Set(alsoTold),
  };
  const replayed = { notices: [] as ReplayedNotice[], toldAt: standing.toldAt };
  const times = timesOf(incident, circumstances, until);
  const walk = new MembersWalk(incident.members);
  const everyMs = lookEveryMs(incident.members);
  let next = 0;
  let dueAt: EpochMs | null = null;
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    const happensAt = times[next] ?? Infinity;
    const at = Math.min(happensAt, dueAt ?? Infinity);
    if (at >= until) return replayed;
    if (at === happensAt) next += 1;
    const seen = walk.at(at);
    if (seen.kind === 'none-yet') {
      dueAt = null;
      continue;
    }
    // What is left of it went over to another incident, where it is told from now on.
    if (seen.kind === 'gone' || (incident.foldedInto !== null && seen.open.length === 0)) return replayed;
    const members = shownAt(seen, { standing, circumstances, recovered: walk.recovered }, at);
    const { decision, notice } = decideAt({ incident, standing, rules, members }, at);
    if (notice !== null) replayed.notices.push(notice);
    if (decision.isClosed) return replayed;
    dueAt = decision.dueAt !== null && decision.dueAt > at ? Math.max(decision.dueAt, at + everyMs) : null;
  }
  return replayed;
}

/** Everything that happened to an incident by itself. */
function timesOf(
  { openedAt, members, acknowledgements, widenedAt }: PastIncident,
  { edges }: Circumstances,
  until: EpochMs,
): EpochMs[] {
  const everyMs = lookEveryMs(members);
  const lookAt = (at: EpochMs): EpochMs => (everyMs === 0 ? at : Math.ceil(at / everyMs) * everyMs);
  const ofMembers = members.flatMap(({ joinedAt, movedAt, changes }) => [
    joinedAt,
    ...(movedAt === null ? [] : [movedAt]),
    ...changes.map(({ at }) => at),
  ]);
  const own = [openedAt, ...acknowledgements.map(({ at }) => at), ...widenedAt, ...new Set(ofMembers.map(lookAt))];
  const endsAt = members.reduce((end, member) => Math.max(end, endOf(member)), -Infinity);
  const around = edges.filter((at) => at >= openedAt && at <= endsAt).map(lookAt);
  return [...new Set([...own, ...around])].filter((at) => at >= openedAt && at < until).sort((a, b) => a - b);
}

type Shown = IncidentMember & { readonly past: PastMember };

interface Surroundings {
  readonly standing: Standing;
  readonly circumstances: Circumstances;
  /** Members that are over, of circuits that were down. */
  readonly recovered: readonly PastMember[];
}

/** Members as they stand; what holds each back is kept for the next look. */
function shownAt({ open }: MembersAt, { standing, circumstances, recovered }: Surroundings, at: EpochMs): Shown[] {
  const followerOf = (past: PastMember) => ({
    rule: past.subject.rule,
    circuitId: past.circuitId,
    isTold: standing.toldAt.has(past.alertId),
    ...lifeUntil(past, at),
  });
  const isFollowed = open.some(({ past }) => past.subject.rule === 'failover');
  const followers = isFollowed ? [...recovered, ...open.map(({ past }) => past)].map(followerOf) : [];
  const isFollowUp = followsWhatWasTold(followers);
  const held = new Map<number, string>();
  const shown = open.map(({ past, now }): Shown => {
    const isTaken = now.acknowledgedAt !== null && now.acknowledgedAt > standing.releasedAt;
    const toldAt = standing.toldAt.get(past.alertId);
    const isTold = toldAt !== undefined;
    const suppression = circumstances.suppressionAt(past, now.severity, at);
    if (suppression !== null) held.set(past.alertId, 'by' in suppression ? suppression.by : suppression.reason);
    return {
      past,
      status: now.status === 'acknowledged' && !isTaken ? 'firing' : now.status,
      severity: now.severity,
      isTold,
      isNewlyFlapping: now.flappingSince !== null && isTold && now.flappingSince > toldAt,
      suppression,
      isFollowUp: isFollowed && isFollowUp(followerOf(past)),
      isReturned: isReturned({ isTold, suppression, heldBefore: standing.heldBefore.get(past.alertId) ?? null }),
      acknowledgedAt: isTaken ? now.acknowledgedAt : null,
    };
  });
  standing.heldBefore = held;
  return shown;
}

interface Look {
  readonly incident: PastIncident;
  readonly standing: Standing;
  readonly rules: NoticeRules;
  readonly members: readonly Shown[];
}

function decideAt(
  { incident, standing, rules, members }: Look,
  at: EpochMs,
): { readonly decision: NoticeDecision; readonly notice: ReplayedNotice | null } {
  take(incident, standing, members, at);
  const { policies, notices } = rules;
  const kept = [...policies, DEFAULT_POLICY].find(({ id }) => id === standing.round?.policy) ?? null;
  const chosen = policies.length === 0 ? DEFAULT_POLICY : policyFor(policies, tellable(members).map(subjectNow));
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

const subjectNow = ({ past: { subject }, severity }: Shown): AlertSubject =>
  subject.severity === severity ? subject : { ...subject, severity };

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
