import type { AffectedSite, OutageTotals } from './outage.js';

/** An alert that speaks for an outage. */
export interface OutageEvidence {
  readonly siteId: number;
  /** `null` = the site as a whole. */
  readonly circuitId: number | null;
  readonly rule: 'site-down' | 'circuit-down';
  readonly isRecent: boolean;
  readonly outageId: number | null;
}

/** What sites and circuits are of; configured values go before those of Mist. */
export interface OutageTopology {
  readonly regionOf: ReadonlyMap<number, string | null>;
  readonly circuits: readonly { readonly id: number; readonly siteId: number; readonly provider: string | null }[];
}

/** The same, to be asked again and again. */
export interface OutageIndex {
  readonly regionOf: ReadonlyMap<number, string | null>;
  readonly providerOf: ReadonlyMap<number, string | null>;
  /** Of all circuits of a site. */
  readonly providersAt: ReadonlyMap<number, readonly (string | null)[]>;
}

export function outageIndex({ regionOf, circuits }: OutageTopology): OutageIndex {
  const bySite = grouped(circuits);
  return {
    regionOf,
    providerOf: new Map(circuits.map(({ id, provider }) => [id, provider])),
    providersAt: new Map([...bySite].map(([siteId, own]) => [siteId, own.map(({ provider }) => provider)])),
  };
}

/** Sites that lost circuits, and which. A site that fell without a word about its circuits lost all of them. */
export function affectedSites(
  evidence: readonly OutageEvidence[],
  down: ReadonlySet<number>,
  { regionOf, providerOf, providersAt }: OutageIndex,
): AffectedSite[] {
  return [...grouped(evidence)].map(([siteId, own]) => {
    const lost = own.filter(({ rule }) => rule === 'circuit-down');
    const told = lost.map(({ circuitId }) => (circuitId === null ? null : (providerOf.get(circuitId) ?? null)));
    const outages = own.flatMap(({ outageId }) => outageId ?? []);
    return {
      siteId,
      isDown: down.has(siteId),
      providers: [...new Set(lost.length > 0 ? told : (providersAt.get(siteId) ?? []))],
      region: regionOf.get(siteId) ?? null,
      outageId: outages.length === 0 ? null : Math.max(...outages),
      isRecent: own.some(({ isRecent }) => isRecent),
    };
  });
}

/** How many sites there are in all, by region, and by carrier of their circuits. */
export function totalsOf({ regionOf, circuits }: OutageTopology): OutageTotals {
  const ofRegion = new Map<string, number>();
  for (const region of regionOf.values()) if (region !== null) ofRegion.set(region, (ofRegion.get(region) ?? 0) + 1);
  const sitesOfCarrier = new Map<string, Set<number>>();
  for (const { siteId, provider } of circuits) {
    if (provider === null || !regionOf.has(siteId)) continue;
    const sites = sitesOfCarrier.get(provider);
    if (sites === undefined) sitesOfCarrier.set(provider, new Set([siteId]));
    else sites.add(siteId);
  }
  const ofCarrier = new Map([...sitesOfCarrier].map(([carrier, sites]) => [carrier, sites.size]));
  return { sites: regionOf.size, ofCarrier, ofRegion };
}

function grouped<T extends { readonly siteId: number }>(rows: readonly T[]): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const row of rows) {
    const group = groups.get(row.siteId);
    if (group === undefined) groups.set(row.siteId, [row]);
    else group.push(row);
  }
  return groups;
}
