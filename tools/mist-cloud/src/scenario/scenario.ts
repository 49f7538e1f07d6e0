import { SiteTimeline } from '../physics/site-timeline.js';
import { referenceWeekMs } from '../physics/load.js';
import type { Org, Site, World } from '../world/nouns.js';
import { applyIncident, noEffects, type SiteEffects } from './effects.js';
import { type Incident, parseIncident } from './incidents.js';

/** The incidents in force and what they make of each site's time. Incidents may be added while the cloud runs. */
export class Scenario {
  private incidents: readonly Incident[] = [];
  private effects = new Map<string, SiteEffects>();
  private readonly timelines = new Map<string, SiteTimeline>();
  private readonly untouched = noEffects();
  /** Grows with every change; caches that depend on the scenario compare it. */
  version = 0;

  constructor(private readonly world: World) {}

  list(): readonly Incident[] {
    return this.incidents;
  }

  /** Adds incidents; all of them or, when one is wrong, none. */
  add(...incidents: readonly Incident[]): void {
    this.replace([...this.incidents, ...incidents.map((incident, index) => parseIncident(incident, `incident ${index + 1}`))]);
  }

  clear(): void {
    this.replace([]);
  }

  /** The course of one site under the present scenario. */
  timelineOf(site: Site): SiteTimeline {
    const known = this.timelines.get(site.id);
    if (known) return known;
    const place = { seed: this.world.seed, referenceMs: referenceWeekMs(this.world.startAtMs) };
    const timeline = new SiteTimeline(site, this.effects.get(site.id) ?? this.untouched, place);
    this.timelines.set(site.id, timeline);
    return timeline;
  }

  /** The sites of an organisation to which anything happens at all. */
  touchedSites(org: Org): readonly Site[] {
    return org.sites.filter((site) => this.effects.has(site.id));
  }

  private replace(incidents: readonly Incident[]): void {
    const effects = new Map<string, SiteEffects>();
    const effectsFor = (site: Site): SiteEffects => {
      const found = effects.get(site.id) ?? noEffects();
      effects.set(site.id, found);
      return found;
    };
    for (const incident of incidents) applyIncident(incident, this.orgOf(incident), effectsFor);
    for (const id of [...this.effects.keys(), ...effects.keys()]) this.timelines.delete(id);
    this.incidents = incidents;
    this.effects = effects;
    this.version += 1;
  }

  private orgOf(incident: Incident): Org {
    const org = incident.orgId === undefined ? this.world.orgs[0] : this.world.orgById.get(incident.orgId);
    if (!org) throw new RangeError(`scenario: there is no organisation ${JSON.stringify(incident.orgId)}`);
    return org;
  }
}
