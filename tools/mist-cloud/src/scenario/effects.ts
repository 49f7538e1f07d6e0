import type { Interval } from '../physics/intervals.js';
import type { Org, Site } from '../world/nouns.js';
import { type Incident, instantMs } from './incidents.js';

export interface Congestion extends Interval {
  readonly peakShare: number;
  readonly rampMs: number;
}
export interface DhcpTrouble extends Interval {
  readonly lossShare: number;
}

/** What the scenario does to one site, raw: spans may still overlap. */
export interface SiteEffects {
  readonly cutOffs: (Interval & { readonly reboots: boolean })[];
  readonly downs: Map<string, Interval[]>;
  readonly pathDowns: Interval[];
  readonly congestions: Map<string, Congestion[]>;
  readonly dhcp: DhcpTrouble[];
}

export const noEffects = (): SiteEffects => ({ cutOffs: [], downs: new Map(), pathDowns: [], congestions: new Map(), dhcp: [] });

const siteOf = (org: Org, reference: string | number): Site => {
  const site =
    typeof reference === 'number'
      ? org.sites[reference]
      : (org.sites.find(({ id }) => id === reference) ?? org.sites.find(({ name }) => name === reference));
  if (!site)
    throw new RangeError(`scenario: ${org.name} has no site ${JSON.stringify(reference)}; it has ${org.sites.length} sites`);
  return site;
};

const portOf = (site: Site, portId: string | undefined): string => {
  const wanted = portId ?? site.circuits[0]?.portId;
  if (!site.circuits.some((circuit) => circuit.portId === wanted)) {
    throw new RangeError(
      `scenario: site ${site.name} has no circuit on ${JSON.stringify(wanted)}; it has ${site.circuits.map((c) => c.portId).join(', ')}`,
    );
  }
  return wanted ?? '';
};

const append = <T>(map: Map<string, T[]>, key: string, ...items: T[]): void => {
  map.set(key, [...(map.get(key) ?? []), ...items]);
};

const flapsOf = (span: Interval, count: number, downSeconds: number | undefined): Interval[] => {
  const periodMs = (span.toMs - span.fromMs) / count;
  const downMs = Math.min(downSeconds === undefined ? 40_000 : downSeconds * 1000, periodMs / 2);
  return Array.from({ length: count }, (_, index) => {
    const fromMs = Math.floor(span.fromMs + index * periodMs);
    return { fromMs, toMs: fromMs + Math.max(1, Math.floor(downMs)) };
  });
};

type EffectsFor = (site: Site) => SiteEffects;

const applyToSite = (incident: Exclude<Incident, { kind: 'carrier-outage' }>, site: Site, effectsFor: EffectsFor): void => {
  const span = { fromMs: instantMs('from', incident.from), toMs: instantMs('to', incident.to) };
  switch (incident.kind) {
    case 'circuit-down':
      return append(effectsFor(site).downs, portOf(site, incident.portId), span);
    case 'circuit-flap':
      return append(
        effectsFor(site).downs,
        portOf(site, incident.portId),
        ...flapsOf(span, incident.count ?? 4, incident.downSeconds),
      );
    case 'site-down':
      effectsFor(site).cutOffs.push({ ...span, reboots: incident.reboots ?? true });
      return;
    case 'congestion':
      return append(effectsFor(site).congestions, portOf(site, incident.portId), {
        ...span,
        peakShare: (incident.peakPct ?? 97) / 100,
        rampMs: Math.min((incident.rampMinutes ?? 120) * 60_000, span.toMs - span.fromMs),
      });
    case 'dhcp-trouble':
      effectsFor(site).dhcp.push({ ...span, lossShare: (incident.lossPct ?? 45) / 100 });
      return;
    case 'failover':
      effectsFor(site).pathDowns.push(span);
  }
};

/** Adds what one incident does to the sites it meets; a site or port it names must exist. */
export const applyIncident = (incident: Incident, org: Org, effectsFor: EffectsFor): void => {
  if (incident.kind !== 'carrier-outage') return applyToSite(incident, siteOf(org, incident.site), effectsFor);
  const span = { fromMs: instantMs('from', incident.from), toMs: instantMs('to', incident.to) };
  const hit = org.sites
    .filter((site) => incident.region === undefined || site.region === incident.region)
    .flatMap((site) =>
      site.circuits.filter((circuit) => circuit.provider === incident.provider).map((circuit) => ({ site, circuit })),
    );
  if (hit.length === 0) {
    throw new RangeError(
      `scenario: no circuit of provider "${incident.provider}"${incident.region === undefined ? '' : ` in "${incident.region}"`}; see the provider column of the circuits CSV`,
    );
  }
  for (const { site, circuit } of hit) append(effectsFor(site).downs, circuit.portId, span);
};
