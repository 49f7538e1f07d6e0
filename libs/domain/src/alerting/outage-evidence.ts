import type { AffectedSite, OutageCause, OutageSettings, OutageTotals } from './outage.js';

/** The affected sites that one cause would explain, and the share of all its sites that they are. */
export interface Explanation {
  readonly cause: OutageCause;
  readonly sites: readonly AffectedSite[];
  readonly share: number;
}

/** One order of causes, so that the same facts give the same answer in any order. */
export const byName = (a: OutageCause, b: OutageCause): number => {
  const [first, second] = [`${a.kind} ${a.name ?? ''}`, `${b.kind} ${b.name ?? ''}`];
  return first < second ? -1 : first > second ? 1 : 0;
};

/** The carrier that alone explains what a site lost. */
function carrierOf({ providers }: AffectedSite): string | null {
  const [only, ...others] = new Set(providers);
  return others.length === 0 ? (only ?? null) : null;
}

/** A region explains sites that are down; one circuit of two is the carrier's. */
const regionOf = ({ isDown, region }: AffectedSite): string | null => (isDown ? region : null);

/** Every carrier and region that so many of its sites speak against. */
export function evidenceOf(
  affected: readonly AffectedSite[],
  totals: OutageTotals,
  { minSites, minShare }: OutageSettings,
): Explanation[] {
  const found = [
    ...grouped(affected, carrierOf).map(([name, sites]) => ({
      cause: { kind: 'carrier', name } as const,
      sites,
      share: shareOf(sites.length, totals.ofCarrier.get(name)),
    })),
    ...grouped(affected, regionOf).map(([name, sites]) => ({
      cause: { kind: 'region', name } as const,
      sites,
      share: shareOf(sites.length, totals.ofRegion.get(name)),
    })),
  ];
  return found.filter(({ sites, share }) => sites.length >= minSites && share >= minShare);
}

const shareOf = (count: number, total: number | undefined): number => count / Math.max(count, total ?? 0);

function grouped(affected: readonly AffectedSite[], keyOf: (site: AffectedSite) => string | null): [string, AffectedSite[]][] {
  const groups = new Map<string, AffectedSite[]>();
  for (const site of affected) {
    const key = keyOf(site);
    if (key === null) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [site]);
    else group.push(site);
  }
  return [...groups];
}

/** The fewest causes that explain the most: again and again the one that explains most of what is left. */
export function explain(
  affected: readonly AffectedSite[],
  candidates: readonly Explanation[],
  minSites: number,
): { explained: { cause: OutageCause; sites: AffectedSite[] }[]; rest: AffectedSite[] } {
  const rest = new Map(affected.map((site) => [site.siteId, site]));
  const explained: { cause: OutageCause; sites: AffectedSite[] }[] = [];
  for (;;) {
    const best = candidates
      .map(({ cause, share, sites }) => ({ cause, share, sites: sites.filter(({ siteId }) => rest.has(siteId)) }))
      .filter(({ sites }) => sites.length >= minSites)
      .sort((a, b) => b.sites.length - a.sites.length || b.share - a.share || byName(a.cause, b.cause))[0];
    if (best === undefined) return { explained, rest: [...rest.values()] };
    explained.push(best);
    for (const { siteId } of best.sites) rest.delete(siteId);
  }
}
