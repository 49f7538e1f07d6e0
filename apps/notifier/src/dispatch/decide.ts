import {
  DEFAULT_POLICY,
  noticeDue,
  policyFor,
  tellable,
  type EpochMs,
  type NoticeDecision,
  type NoticePolicies,
  type NoticeSettings,
  type Policy,
} from '@app/domain';
import { nextHoldAt, releaseIncident, type Database, type Queryable } from '@app/shared';
import { tellAcknowledgement } from './acknowledged.js';
import { logDecision } from './decisions.repository.js';
import { describeIncident, subjectsOf } from './describe-incident.js';
import { lockDueIncident, recordDecision, recordSuppression, type DueIncident } from './incidents.repository.js';
import { judgeMembers, type Judged } from './judge-members.js';
import { tell, type TellingContext, type Told } from './tell.js';

/** What deciding needs to know beside the incident. */
export interface DecisionContext extends TellingContext {
  readonly notices: NoticeSettings;
  readonly policies: readonly Policy[];
  /** Channels that hear of it when somebody takes an incident. */
  readonly hearingChannels: readonly string[];
}

export interface Decided {
  readonly incidentId: number;
  readonly decision: NoticeDecision;
}

/** Second stage: the next incident that is due is judged; a notice becomes one delivery per destination. `null` = nothing is due. */
export function decideNext(database: Database, context: DecisionContext, now: EpochMs): Promise<Decided | null> {
  return database.transaction(async (tx) => {
    const incident = await lockDueIncident(tx, now);
    if (incident === null) return null;
    const decision = await decide(tx, incident, context, now);
    return { incidentId: incident.id, decision };
  });
}

async function decide(tx: Queryable, incident: DueIncident, context: DecisionContext, now: EpochMs): Promise<NoticeDecision> {
  const { notices, policies } = context;
  const { orgId } = incident;
  const judged = await judgeMembers(tx, incident, now, { ...notices, isAsked: policies.length > 0 });
  const { members } = judged;
  await recordSuppression(
    tx,
    orgId,
    members.map(({ alertId }) => ({ alertId, suppressedBy: judged.suppressedBy.get(alertId) ?? null })),
  );
  const ways = waysOf(policies, incident, judged);
  const judgement = noticeDue(incident, members, now, { ...notices, policies: ways });
  const decision = judgement.isClosed
    ? judgement
    : { ...judgement, dueAt: sooner(judgement.dueAt, await nextHoldAt(tx, orgId, now)) };
  if (decision.released !== null)
    await releaseIncident(tx, orgId, { incidentId: incident.id, reason: decision.released }, new Date(now));
  const policy = policyOf(ways, decision);
  const { notice } = decision;
  const told =
    notice === null ? null : await tell(tx, { incident, members, decision: { ...decision, notice }, policy }, context, now);
  const { severity } = told?.described ?? describeIncident(members, 'opened');
  const named = notice === null ? [] : subjectsOf(members, notice).map(({ alertId }) => alertId);
  await recordDecision(
    tx,
    { ...incident, title: told?.described.title ?? incident.title },
    { decision, severity, told: named },
    now,
  );
  await logDecision(
    tx,
    { orgId, incidentId: incident.id },
    { reason: decision.reason, detail: detailOf(incident, judged, decision, told) },
    now,
  );
  if (decision.reason === 'acknowledged') await tellAcknowledgement(tx, incident, context, now);
  return decision;
}

/** What begins to be silenced is looked at then, so that it comes back afterwards whether or not anything else happened in between. */
const sooner = (a: EpochMs | null, b: EpochMs | null): EpochMs | null => (a === null || b === null ? (a ?? b) : Math.min(a, b));

/** The policy that the round follows, and the one that a new round would. */
function waysOf(policies: readonly Policy[], { round }: DueIncident, { members, subjects }: Judged): NoticePolicies {
  const kept = round === null ? undefined : [...policies, DEFAULT_POLICY].find(({ id }) => id === round.policy);
  const asked = tellable(members).flatMap(({ alertId }) => subjects.get(alertId) ?? []);
  return { kept: kept ?? null, chosen: policyFor(policies, asked) };
}

const policyOf = ({ kept, chosen }: NoticePolicies, { round }: NoticeDecision): Policy =>
  kept !== null && kept.id === round?.policy ? kept : chosen;

/** Holders named in a decision: more of them make it no clearer. */
const MOST_HOLDERS = 20;

/** What a person who asks "why" wants to know; only what is the same as long as nothing changes. */
function detailOf(
  incident: DueIncident,
  { members, suppressedBy }: Judged,
  decision: NoticeDecision,
  told: Told | null,
): Record<string, unknown> {
  const held = new Map<string, number>();
  for (const { alertId, status } of members) {
    const by = status === 'resolved' ? undefined : suppressedBy.get(alertId);
    if (by !== undefined) held.set(by, (held.get(by) ?? 0) + 1);
  }
  return {
    policy: decision.round?.policy ?? null,
    active: members.filter(({ status }) => status === 'firing' || status === 'acknowledged').length,
    suppressedBy: Object.fromEntries([...held].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, MOST_HOLDERS)),
    ...(incident.acknowledgement === null || decision.released !== null ? {} : { acknowledgedBy: incident.acknowledgement.by }),
    ...(decision.released === null ? {} : { acknowledgementEnded: decision.released }),
    ...(told === null
      ? {}
      : { notice: incident.step + 1, steps: decision.steps, to: told.destinations, digestAt: told.digestAt }),
  };
}
