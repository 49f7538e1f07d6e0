import {
  parentAt,
  pastChangesOf,
  UNASSIGNED_REGION,
  withTakings,
  type EpochMs,
  type OutageTopology,
  type PastAlert,
  type PastChange,
  type PastIncident,
  type ReplayedLives,
  type Span,
} from '@app/domain';
import type { Database } from '@app/shared';
import { askedOf, subjectKey } from './bases.js';
import { pastParents } from './circumstances.js';
import { isSame } from './compare.js';
import type { ReplayPlace } from './replay.repository.js';
import { readMemberships, readOthers, readTakings, readTried, type TakenAlert, type Taking } from './world.repository.js';

/** What there was beside the rules that are tried, and what became of what they opened. */
export interface StoredWorld {
  readonly others: readonly PastAlert[];
  readonly tried: readonly TakenAlert[];
  readonly takings: readonly Taking[];
  /** Incidents of stored alerts; those it went over to from another first. */
  readonly incidentsOf: ReadonlyMap<number, readonly { readonly incidentId: number; readonly isMoved: boolean }[]>;
  /** Site-down alerts by site, as they were. */
  readonly parents: Parents;
}

export type Parents = ReadonlyMap<number, readonly (readonly PastChange[])[]>;

interface Asked {
  readonly orgId: number;
  readonly span: Span;
  readonly rules: readonly string[];
  readonly places: readonly ReplayPlace[];
}

export async function readStoredWorld(database: Database, asked: Asked): Promise<StoredWorld> {
  const { orgId, span, places } = asked;
  const siteIds = places.flatMap(({ siteId, circuitId }) => (circuitId === null ? [siteId] : []));
  const incidentsOf = new Map<number, { incidentId: number; isMoved: boolean }[]>();
  for (const { alertId, incidentId, isMoved } of await readMemberships(database, orgId, span)) {
    const list = incidentsOf.get(alertId) ?? [];
    incidentsOf.set(alertId, list);
    list.push({ incidentId, isMoved });
  }
  return {
    others: await readOthers(database, asked),
    tried: await readTried(database, asked),
    takings: await readTakings(database, orgId, span),
    incidentsOf,
    parents: await pastParents(database, orgId, siteIds, span),
  };
}

/** All alerts as they would have been with one set of rules. */
export interface TriedWorld {
  readonly alerts: readonly PastAlert[];
  readonly parents: Parents;
  /** Stored alerts that are the same trouble as one of these. */
  storedOf(alertId: number): readonly number[];
}

/** The alerts there were of other rules, and those that these rules open; a stored alert of the same trouble lends what people did about it. */
export function worldOf(
  stored: StoredWorld,
  lives: ReplayedLives,
  places: ReadonlyMap<string, ReplayPlace>,
  isSiteDownTried: boolean,
): TriedWorld {
  const bySubject = new Map<string, TakenAlert[]>();
  for (const alert of stored.tried) {
    const key = `${alert.rule} ${alert.subject}`;
    bySubject.set(key, [...(bySubject.get(key) ?? []), alert]);
  }
  const same = new Map<number, readonly number[]>();
  const replayed = lives.fired.flatMap((alert, i): PastAlert[] => {
    const place = places.get(alert.subject);
    if (place === undefined) return [];
    const alike = (bySubject.get(`${alert.rule} ${alert.subject}`) ?? []).filter((each) => isSame(alert, each));
    const alertId = -1 - i;
    if (alike.length > 0)
      same.set(
        alertId,
        alike.map(({ id }) => id),
      );
    const { siteId, circuitId } = place;
    const takings = alike.flatMap((each) => each.takings).sort((a, b) => a.at - b.at);
    const changes = withTakings(pastChangesOf(alert), takings);
    return [
      {
        alertId,
        siteId,
        circuitId,
        subject: { ...askedOf(alert.rule, place), severity: alert.severity, metrics: alert.metrics },
        changes,
      },
    ];
  });
  return {
    alerts: [...stored.others, ...replayed],
    parents: isSiteDownTried ? replayedParents(lives, places) : stored.parents,
    storedOf: (alertId) => (alertId < 0 ? (same.get(alertId) ?? []) : [alertId]),
  };
}

/** Also sites that only might have been down held back what hangs below them. */
function replayedParents({ fired, unfired }: ReplayedLives, places: ReadonlyMap<string, ReplayPlace>): Parents {
  const bySite = new Map<number, PastChange[][]>();
  for (const alert of [...fired, ...unfired]) {
    const siteId = places.get(alert.subject)?.siteId;
    if (alert.rule !== 'site-down' || siteId === undefined) continue;
    const list = bySite.get(siteId) ?? [];
    bySite.set(siteId, list);
    list.push(pastChangesOf(alert));
  }
  const began = (changes: readonly PastChange[]): EpochMs => changes[0]?.at ?? 0;
  for (const list of bySite.values()) list.sort((a, b) => began(a) - began(b));
  return bySite;
}

export const isSiteDown = (parents: Parents, siteId: number, at: EpochMs): boolean => {
  const parent = parentAt(parents.get(siteId) ?? [], at);
  return parent !== null && parent.status !== 'resolved';
};

/** What sites and circuits are of, where they stand now. */
export function topologyOf(places: readonly ReplayPlace[]): OutageTopology {
  const regionOf = ({ subject: { region } }: ReplayPlace): string | null => (region === UNASSIGNED_REGION ? null : region);
  return {
    regionOf: new Map(places.flatMap((place) => (place.circuitId === null ? [[place.siteId, regionOf(place)] as const] : []))),
    circuits: places.flatMap(({ circuitId, siteId, provider, isLive }) =>
      circuitId === null || !isLive ? [] : [{ id: circuitId, siteId, provider }],
    ),
  };
}

/** By the name that replayed alerts have of their subjects. */
export const placesByKey = (places: readonly ReplayPlace[]): Map<string, ReplayPlace> =>
  new Map(places.map((place) => [subjectKey(place), place]));

/** Stored incidents about nothing but what a tried rule cannot be tried on any more, because it is no longer there. */
export function incidentsOfPlaceless(
  { tried, incidentsOf }: Pick<StoredWorld, 'tried' | 'incidentsOf'>,
  places: ReadonlyMap<string, ReplayPlace>,
): Set<number> {
  const placeless = new Set(tried.flatMap(({ id, subject }) => (places.has(subject) ? [] : [id])));
  const idsOf = (isWanted: (alertId: number) => boolean): number[] =>
    [...incidentsOf].flatMap(([alertId, all]) => (isWanted(alertId) ? all.map(({ incidentId }) => incidentId) : []));
  const others = new Set(idsOf((alertId) => !placeless.has(alertId)));
  return new Set(idsOf((alertId) => placeless.has(alertId)).filter((id) => !others.has(id)));
}

/** The stored incident that most members of one of the past stand for; `null` = it is about something that nobody was told of. */
export function storedIncidentOf(
  { members }: PastIncident,
  { incidentsOf }: Pick<StoredWorld, 'incidentsOf'>,
  { storedOf }: Pick<TriedWorld, 'storedOf'>,
): number | null {
  const counts = new Map<number, number>();
  for (const { alertId, movedAt } of members)
    for (const id of storedOf(alertId)) {
      const all = incidentsOf.get(id) ?? [];
      const alike = all.filter(({ isMoved }) => isMoved === (movedAt !== null));
      for (const { incidentId } of alike.length > 0 ? alike : all) counts.set(incidentId, (counts.get(incidentId) ?? 0) + 1);
    }
  const [first] = [...counts].sort(([a, m], [b, n]) => n - m || a - b);
  return first?.[0] ?? null;
}

/** People take what they took: each incident that an alert is part of then which they took with its incident. */
export function withIncidentTakings(
  incidents: readonly PastIncident[],
  { takings, incidentsOf }: Pick<StoredWorld, 'takings' | 'incidentsOf'>,
  { storedOf }: Pick<TriedWorld, 'storedOf'>,
): PastIncident[] {
  if (takings.length === 0) return [...incidents];
  const byIncident = new Map<number, Taking[]>();
  for (const taking of takings) byIncident.set(taking.incidentId, [...(byIncident.get(taking.incidentId) ?? []), taking]);
  return incidents.map((incident) => {
    const acknowledgements = new Set<Taking>();
    for (const { alertId, joinedAt, movedAt, changes } of incident.members) {
      const last = changes.at(-1);
      const endsAt = Math.min(movedAt ?? Infinity, last?.status === 'resolved' ? last.at : Infinity);
      const own = storedOf(alertId).flatMap((id) =>
        (incidentsOf.get(id) ?? []).flatMap((of) => byIncident.get(of.incidentId) ?? []),
      );
      for (const taking of own) if (taking.at >= joinedAt && taking.at < endsAt) acknowledgements.add(taking);
    }
    return { ...incident, acknowledgements: [...acknowledgements].sort((a, b) => a.at - b.at) };
  });
}
