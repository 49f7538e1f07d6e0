import {
  severityRank,
  worst,
  type AlertRuleId,
  type EpochMs,
  type Hold,
  type NoticeReason,
  type OutageCause,
  type Severity,
  type Suppression,
} from '@app/domain';
import type { NotifiedSite } from '../channels/notification.js';
import type { MemberAlert } from './incidents.repository.js';
import { manyWordsOf, sentencesOf } from './rule-words.js';

/** A member and what keeps it from being told on its own. */
export type JudgedMember = MemberAlert & { readonly suppression: Suppression | Hold | null };

/** What a notice says about its members. */
export interface IncidentDescription {
  readonly title: string;
  readonly severity: Severity;
  readonly siteCount: number;
  readonly sites: readonly NotifiedSite[];
}

/** Sites kept in a notification; the mail shows fewer, nothing shows more. */
const MAX_SITES = 200;
const MAX_LINES_PER_SITE = 12;

/** Which members a notice is about: those going on, or in a recovery all that had been told. */
export function subjectsOf(members: readonly JudgedMember[], reason: NoticeReason): JudgedMember[] {
  if (reason === 'recovered') return members.filter(({ isTold }) => isTold);
  return members.filter(({ status, suppression }) => (status === 'firing' || status === 'acknowledged') && suppression === null);
}

/** Who is affected, since when and by what: worst site first. */
export function describeIncident(
  members: readonly JudgedMember[],
  reason: NoticeReason,
  cause: OutageCause | null = null,
): IncidentDescription {
  const subjects = subjectsOf(members, reason);
  const bySite = new Map<string, JudgedMember[]>();
  for (const member of subjects) {
    const key = member.siteId === null ? `alert ${member.alertId}` : String(member.siteId);
    bySite.set(key, [...(bySite.get(key) ?? []), member]);
  }
  const followers = new Map<number | null, JudgedMember[]>();
  if (reason !== 'recovered') {
    for (const member of members) {
      if (member.suppression?.reason === 'site-is-down')
        followers.set(member.siteId, [...(followers.get(member.siteId) ?? []), member]);
    }
  }
  const sites = [...bySite.values()]
    .map((own) => notifiedSite(own, followers.get(own[0]?.siteId ?? null) ?? []))
    .sort(worstFirst);
  return {
    title: titleOf(subjects, sites, cause),
    severity: worst(subjects.map(({ severity }) => severity)),
    siteCount: sites.length,
    sites: sites.slice(0, MAX_SITES),
  };
}

const worstFirst = (a: NotifiedSite, b: NotifiedSite): number =>
  severityRank(b.severity) - severityRank(a.severity) || a.since - b.since || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

function notifiedSite(own: readonly JudgedMember[], followers: readonly JudgedMember[]): NotifiedSite {
  const sorted = [...own].sort((a, b) => severityRank(b.severity) - severityRank(a.severity) || a.alertId - b.alertId);
  const what = [
    ...sorted.flatMap(causesOf),
    ...followers.flatMap((member) => causesOf(member).map((cause) => `${cause} (because the site is down)`)),
  ];
  return {
    name: own[0]?.siteName ?? '',
    severity: worst(own.map(({ severity }) => severity)),
    since: Math.min(...own.map(({ since }) => since)),
    resolvedAt: own.every(({ resolvedAt }) => resolvedAt !== null) ? latest(own) : null,
    isNew: own.some(({ isTold }) => !isTold),
    what: [...new Set(what)].slice(0, MAX_LINES_PER_SITE),
  };
}

const latest = (members: readonly JudgedMember[]): EpochMs => Math.max(...members.map(({ resolvedAt }) => resolvedAt ?? 0));

const causesOf = ({ rule, details, isFlapping }: JudgedMember): string[] => sentencesOf(rule, details, isFlapping);

/** What probably broke, in a word or two; `null` = nobody knows. */
export function causeWords({ kind, name }: OutageCause): string | null {
  switch (kind) {
    case 'many':
      return null;
    case 'carrier':
      return `Carrier ${name ?? '?'}`;
    case 'region':
      return `Region ${name ?? '?'}`;
    case 'org':
      return 'Whole organization';
  }
}

function titleOf(subjects: readonly JudgedMember[], sites: readonly NotifiedSite[], cause: OutageCause | null): string {
  const words = cause === null ? null : causeWords(cause);
  if (words !== null) return `${words}: ${titleOfMany(subjects, sites)}`;
  const [site] = sites;
  return sites.length === 1 && site !== undefined ? titleOfSite(subjects, site) : titleOfMany(subjects, sites);
}

function titleOfSite(subjects: readonly JudgedMember[], { name, severity }: NotifiedSite): string {
  const siteDown = subjects.find(({ rule }) => rule === 'site-down');
  if (siteDown !== undefined) return `${name}: site ${downPhrase(siteDown.isFlapping)}`;
  const circuits = subjects.filter(({ rule }) => rule === 'circuit-down');
  const [circuit] = circuits;
  if (circuit === undefined)
    return titleOfFailedOver(subjects, name) ?? titleOfOther(subjects, name) ?? titleOfSle(name, severity);
  return circuits.length === 1
    ? `${name}: circuit ${circuit.details.circuitName ?? '?'} ${downPhrase(circuit.isFlapping)}`
    : `${name}: ${circuits.length} circuits down`;
}

function titleOfFailedOver(subjects: readonly JudgedMember[], name: string): string | null {
  const failover = subjects.find(({ rule }) => rule === 'failover');
  if (failover === undefined) return null;
  return `${name}: ${failover.isFlapping ? 'failing over and back' : `failed over to ${failover.details.backupName ?? '?'}`}`;
}

const titleOfSle = (name: string, severity: Severity): string => `${name}: service levels ${slePhrase(severity)}`;

/** The worst of what else is wrong, in its own words. */
function titleOfOther(subjects: readonly JudgedMember[], name: string): string | null {
  const worstOfAll = worst(subjects.map(({ severity }) => severity));
  const first = subjects.find(({ rule, severity }) => rule !== 'sle' && severity === worstOfAll);
  const [sentence] = first === undefined ? [] : causesOf(first);
  return sentence === undefined ? null : `${name}: ${sentence}`;
}

const TOLD_BY_NUMBER: readonly AlertRuleId[] = ['site-down', 'circuit-down', 'failover', 'sle'];

/** What else is wrong at how many sites, by rule. */
function othersOfMany(subjects: readonly JudgedMember[]): string[] {
  const rules = [...new Set(subjects.map(({ rule }) => rule))].filter((rule) => !TOLD_BY_NUMBER.includes(rule));
  return rules.map((rule) => {
    const sites = new Set(subjects.flatMap((subject) => (subject.rule === rule ? [subject.siteId] : []))).size;
    return `${manyWordsOf(rule)} at ${sites} ${sites === 1 ? 'site' : 'sites'}`;
  });
}

function sleOfMany(subjects: readonly JudgedMember[]): string[] {
  const own = subjects.filter(({ rule }) => rule === 'sle');
  const sites = new Set(own.map(({ siteId }) => siteId)).size;
  const phrase = slePhrase(worst(own.map(({ severity }) => severity)));
  return sites === 0 ? [] : [`service levels ${phrase} at ${sites} ${sites === 1 ? 'site' : 'sites'}`];
}

function titleOfMany(subjects: readonly JudgedMember[], sites: readonly NotifiedSite[]): string {
  const down = new Set(subjects.filter(({ rule }) => rule === 'site-down').map(({ siteId }) => siteId));
  const dark = new Set(
    subjects.filter(({ rule, siteId }) => rule === 'circuit-down' && !down.has(siteId)).map(({ siteId }) => siteId),
  );
  const over = new Set(
    subjects
      .filter(({ rule, siteId }) => rule === 'failover' && !down.has(siteId) && !dark.has(siteId))
      .map(({ siteId }) => siteId),
  );
  const others = othersOfMany(subjects);
  const parts = [
    ...(down.size > 0 ? [`${down.size} ${down.size === 1 ? 'site' : 'sites'} down`] : []),
    ...(dark.size > 0 ? [`circuits down at ${dark.size} ${dark.size === 1 ? 'site' : 'sites'}`] : []),
    ...(over.size > 0 ? [`${over.size} ${over.size === 1 ? 'site' : 'sites'} failed over`] : []),
    ...others,
    ...(others.length > 0 ? sleOfMany(subjects) : []),
  ];
  return parts.length > 0
    ? parts.join(', ')
    : `${sites.length} sites: service levels ${slePhrase(worst(sites.map(({ severity }) => severity)))}`;
}

const downPhrase = (isFlapping: boolean): string => (isFlapping ? 'flapping' : 'down');

const slePhrase = (severity: Severity): string => (severity === 'critical' ? 'critical' : 'degraded');
