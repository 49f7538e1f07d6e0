import {
  CAUSE_WIDTH,
  MANY_SITES,
  type AffectedSite,
  type OpenOutage,
  type OutageCause,
  type OutageSettings,
  type OutageTotals,
  type PlannedOutage,
} from './outage.js';
import { byName, evidenceOf, explain, type Explanation } from './outage-evidence.js';

/** A cause that explains this share of what is affected is the cause; otherwise half an org at once is the org. */
const EXPLAINS = 0.8;

/**
 * Which outages there are now, whatever arrived first: computed anew from all that is affected. A site stays in its outage unless a wider one takes
 * it, and the cause of an outage only becomes wider once people know it.
 */
export function planOutages(
  affected: readonly AffectedSite[],
  open: readonly OpenOutage[],
  totals: OutageTotals,
  settings: OutageSettings,
): PlannedOutage[] {
  const byId = new Map(open.map((outage) => [outage.id, outage]));
  const isCounted = ({ isRecent, outageId }: AffectedSite): boolean =>
    isRecent || (outageId !== null && byId.get(outageId)?.cause.kind !== 'many');
  const counted = affected.filter(isCounted);
  const taken = new Set<number>();
  const planned = findOutages(counted, totals, settings).map(({ cause, sites }) => {
    const home = homeOf(cause, sites, byId, taken);
    if (home !== null) taken.add(home.id);
    const final = home === null || isWider(cause, sites.length, home, affected) ? cause : home.cause;
    return { id: home?.id ?? null, cause: final, siteIds: movers(sites, home?.id ?? null, final, byId) };
  });
  const refuted = open.filter(({ id, isTold, cause }) => !isTold && !taken.has(id) && cause.kind !== 'many');
  return [...planned, ...refuted.map(({ id }) => ({ id, cause: { kind: 'many', name: null } as const, siteIds: [] }))];
}

interface FoundOutage {
  readonly cause: OutageCause;
  readonly sites: readonly AffectedSite[];
}

function findOutages(affected: readonly AffectedSite[], totals: OutageTotals, settings: OutageSettings): FoundOutage[] {
  const candidates = evidenceOf(affected, totals, settings);
  if (isWholeOrg(affected.length, candidates, totals, settings)) return [{ cause: { kind: 'org', name: null }, sites: affected }];
  const { explained, rest } = explain(affected, candidates, settings.minSites);
  const many = rest.filter(({ isRecent }) => isRecent);
  return many.length > MANY_SITES ? [...explained, { cause: { kind: 'many', name: null }, sites: many }] : explained;
}

/** So much of an org at once is the org, unless one carrier, or a region that is not the org itself, explains nearly all. */
function isWholeOrg(
  count: number,
  candidates: readonly Explanation[],
  { sites, ofRegion }: OutageTotals,
  { minSites, orgShare }: OutageSettings,
): boolean {
  if (count < minSites || count < orgShare * sites) return false;
  const isOrgItself = ({ kind, name }: OutageCause): boolean =>
    kind === 'region' && (ofRegion.get(name ?? '') ?? 0) >= EXPLAINS * sites;
  return !candidates.some(({ cause, sites: own }) => own.length >= EXPLAINS * count && !isOrgItself(cause));
}

/** The open outage that this one goes on as: where most of its sites are; each goes on as one, unless it is wider than both. */
function homeOf(
  cause: OutageCause,
  sites: readonly AffectedSite[],
  open: ReadonlyMap<number, OpenOutage>,
  taken: ReadonlySet<number>,
): OpenOutage | null {
  const counts = new Map<number, number>();
  for (const { outageId } of sites) if (outageId !== null) counts.set(outageId, (counts.get(outageId) ?? 0) + 1);
  const homes = [...counts].flatMap(([id, count]) => {
    const outage = open.get(id);
    if (outage === undefined || (taken.has(id) && CAUSE_WIDTH[outage.cause.kind] <= CAUSE_WIDTH[cause.kind])) return [];
    return [{ outage, count }];
  });
  homes.sort((a, b) => b.count - a.count || a.outage.id - b.outage.id);
  return homes[0]?.outage ?? null;
}

/** Wider by its kind, or by twice as many sites; until somebody was told, another cause as wide will do. */
function isWider(cause: OutageCause, count: number, home: OpenOutage, affected: readonly AffectedSite[]): boolean {
  if (byName(cause, home.cause) === 0) return true;
  const grown = CAUSE_WIDTH[cause.kind] - CAUSE_WIDTH[home.cause.kind];
  if (grown !== 0 || !home.isTold) return grown >= 0;
  return count >= 2 * affected.filter(({ outageId }) => outageId === home.id).length;
}

function movers(
  sites: readonly AffectedSite[],
  homeId: number | null,
  cause: OutageCause,
  open: ReadonlyMap<number, OpenOutage>,
): number[] {
  const stays = ({ outageId }: AffectedSite): boolean => {
    const current = outageId === null ? undefined : open.get(outageId);
    return current !== undefined && (current.id === homeId || CAUSE_WIDTH[current.cause.kind] >= CAUSE_WIDTH[cause.kind]);
  };
  return sites.filter((site) => !stays(site)).map(({ siteId }) => siteId);
}
