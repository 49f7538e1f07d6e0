import {
  followsWhatWasTold,
  isReturned,
  longerHold,
  silencedBy,
  suppressionOf,
  type AlertSubject,
  type EpochMs,
  type Hold,
  type NoticeSettings,
  type Suppression,
} from '@app/domain';
import { activeSilences, alertSubjects, maintenanceAt, type MaintenanceNow, type Queryable } from '@app/shared';
import type { JudgedMember } from './describe-incident.js';
import { readMembers, readParents, type MemberAlert } from './incidents.repository.js';

/** The members of an incident with what keeps each from being told, and what matchers can ask of them where anybody asks. */
export interface Judged {
  readonly members: readonly JudgedMember[];
  /** What holds each alert back, in the words of `alert.suppressed_by`. */
  readonly suppressedBy: ReadonlyMap<number, string>;
  readonly subjects: ReadonlyMap<number, AlertSubject>;
}

interface Incident {
  readonly orgId: number;
  readonly id: number;
}

interface Judging extends Pick<NoticeSettings, 'groupIntervalMs'> {
  /** Subjects are needed although no silence asks for them. */
  readonly isAsked: boolean;
  /** The incident is over, and what would hold its members back is asked all the same. */
  readonly isOver?: boolean;
}

/** Judges every member as of now. */
export async function judgeMembers(
  tx: Queryable,
  { orgId, id }: Incident,
  now: EpochMs,
  { groupIntervalMs, isAsked, isOver = false }: Judging,
): Promise<Judged> {
  const members = await readMembers(tx, orgId, id);
  const siteIds = [...new Set(members.flatMap(({ siteId }) => siteId ?? []))];
  const parents = await readParents(tx, orgId, siteIds, now - groupIntervalMs);
  const { holdOf, subjects } = await readHolds(tx, orgId, { members, siteIds, isAsked, isOver }, now);
  const suppressedBy = new Map<number, string>();
  const isFollowUp = followsWhatWasTold(members);
  const judged = members.map((member) => {
    const parent = member.siteId === null ? null : (parents.get(member.siteId) ?? null);
    const explained = suppressionOf(member.rule, parent, now, groupIntervalMs);
    const suppression: Suppression | Hold | null = explained ?? holdOf(member);
    if (suppression !== null)
      suppressedBy.set(member.alertId, 'by' in suppression ? suppression.by : `alert:${parent?.alertId ?? '?'}`);
    return { ...member, suppression, isFollowUp: isFollowUp(member), isReturned: isReturned({ ...member, suppression }) };
  });
  return { members: judged, suppressedBy, subjects };
}

interface Asked {
  readonly members: readonly MemberAlert[];
  readonly siteIds: readonly number[];
  readonly isAsked: boolean;
  readonly isOver: boolean;
}

/** What people said that they do not want to hear of now. */
async function readHolds(
  tx: Queryable,
  orgId: number,
  { members, siteIds, isAsked, isOver }: Asked,
  now: EpochMs,
): Promise<{ holdOf: (member: MemberAlert) => Hold | null; subjects: ReadonlyMap<number, AlertSubject> }> {
  const silences = await activeSilences(tx, orgId, now);
  const maintenance = await maintenanceAt(tx, orgId, siteIds, now);
  const asked = members.filter(({ status }) => isOver || status !== 'resolved').map(({ alertId }) => alertId);
  const subjects = isAsked || silences.length > 0 ? await alertSubjects(tx, orgId, asked, now) : new Map<number, AlertSubject>();
  const holdOf = (member: MemberAlert): Hold | null => {
    const subject = subjects.get(member.alertId);
    return longerHold(subject === undefined ? null : silencedBy(silences, subject), maintained(maintenance, member));
  };
  return { holdOf, subjects };
}

/** A circuit by its own windows or those of its site, a site by those of its own, everything by those of the org. */
function maintained({ org, sites, circuits }: MaintenanceNow, { siteId, circuitId }: MemberAlert): Hold | null {
  const covers = [circuitId === null ? null : circuits.get(circuitId), siteId === null ? null : sites.get(siteId), org].flatMap(
    (cover) => cover ?? [],
  );
  return covers.reduce<Hold | null>(
    (longest, { id, to }) => longerHold(longest, { reason: 'in-maintenance', by: `maintenance:${id}`, until: to }),
    null,
  );
}
