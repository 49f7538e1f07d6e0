import { overlapMs, subtract, union, type Interval } from '../physics/intervals.js';
import type { CircuitTimeline, SiteTimeline, Transition } from '../physics/site-timeline.js';
import type { Scenario } from '../scenario/scenario.js';
import { metricNamed } from '../sle/metrics.js';
import type { SleModel } from '../sle/model.js';
import type { Circuit, Org, Site, World } from '../world/nouns.js';

/** What really happened to one circuit in the UTC hour `[hourMs, hourMs + 1 h)`. */
export interface CircuitHourTruth {
  readonly rxBytes: number;
  readonly txBytes: number;
  readonly upMinutes: number;
  readonly downMinutes: number;
  /** Minutes in which the cloud could not hear the gateway; neither up nor down. */
  readonly cutOffMinutes: number;
  /** Changes of the port's state whose instant lies in the hour, outside cut-offs. */
  readonly flaps: number;
  readonly transitions: readonly Transition[];
}

/** What the operator knows of a site, whatever the API tells. */
export interface SiteTruth {
  readonly siteId: string;
  readonly name: string;
  readonly region: string;
  readonly timezone: string;
  readonly countryCode: string;
  readonly storeType: string;
  readonly accessPoints: number;
  readonly clients: number;
}

/** The operator's list of circuits, which the API never gives. */
export interface CircuitTruth {
  readonly siteId: string;
  readonly mac: string;
  readonly portId: string;
  readonly name: string;
  readonly role: Circuit['role'];
  readonly provider: string;
  readonly type: Circuit['type'];
  readonly bandwidthDownMbps: number;
  readonly bandwidthUpMbps: number;
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** The facts, computed from world and scenario; no answer of the cloud is read. */
export class Truth {
  constructor(
    private readonly world: World,
    private readonly scenario: Scenario,
    private readonly sle: SleModel,
  ) {}

  circuitHour(orgId: string, mac: string, portId: string, hourMs: number): CircuitHourTruth {
    const { timeline, course } = this.courseOf(orgId, mac, portId);
    const hour = { fromMs: hourMs, toMs: hourMs + HOUR_MS };
    const cutOffMinutes = overlapMs(timeline.cutOffs, hour) / MINUTE_MS;
    const downMinutes = overlapMs(subtract(course.downs, timeline.cutOffs), hour) / MINUTE_MS;
    const transitions = course.transitions.filter(
      ({ atMs }) => atMs >= hour.fromMs && atMs < hour.toMs && timeline.cutOffAt(atMs) === null,
    );
    return {
      rxBytes: Math.round(course.traffic.rx.bytesBetween(hour.fromMs, hour.toMs)),
      txBytes: Math.round(course.traffic.tx.bytesBetween(hour.fromMs, hour.toMs)),
      upMinutes: 60 - cutOffMinutes - downMinutes,
      downMinutes,
      cutOffMinutes,
      flaps: transitions.length,
      transitions,
    };
  }

  sites(orgId: string): readonly SiteTruth[] {
    return this.org(orgId).sites.map((site) => ({
      siteId: site.id,
      name: site.name,
      region: site.region,
      timezone: site.timezone,
      countryCode: site.countryCode,
      storeType: site.storeType,
      accessPoints: site.aps.length,
      clients: site.clients,
    }));
  }

  circuits(orgId: string): readonly CircuitTruth[] {
    return this.org(orgId).sites.flatMap((site) =>
      site.circuits.map((circuit) => ({
        siteId: site.id,
        mac: site.gateway.mac,
        portId: circuit.portId,
        name: circuit.name,
        role: circuit.role,
        provider: circuit.provider,
        type: circuit.type,
        bandwidthDownMbps: circuit.downMbps,
        bandwidthUpMbps: circuit.upMbps,
      })),
    );
  }

  /** When the cloud could not hear a site's gateway. */
  cutOffs(siteId: string): readonly Interval[] {
    return this.scenario.timelineOf(this.site(siteId)).cutOffs;
  }

  /** When the first circuit of a site could not carry its traffic and another one could. */
  failovers(siteId: string): readonly Interval[] {
    const timeline = this.scenario.timelineOf(this.site(siteId));
    const [primary, ...others] = timeline.circuits;
    const [first, ...more] = others.map(({ downs }) => downs);
    if (primary === undefined || first === undefined) return [];
    const allDown = more.reduce<readonly Interval[]>((common, downs) => subtract(common, subtract(common, downs)), first);
    return subtract(union([...primary.downs, ...timeline.pathDowns]), allDown);
  }

  /** Success 0..1 of a site and metric over the hours of `[fromMs, toMs)`, all data in; null without data. */
  sleScore(siteId: string, metricName: string, window: Interval): number | null {
    const metric = metricNamed(metricName);
    if (!metric) throw new RangeError(`truth: there is no metric "${metricName}"`);
    return this.sle.scoreOf(this.site(siteId), metric, { ...window, knownAtMs: Infinity });
  }

  private org(orgId: string): Org {
    const org = this.world.orgById.get(orgId);
    if (!org) throw new RangeError(`truth: there is no organisation ${orgId}`);
    return org;
  }

  private site(siteId: string): Site {
    const site = this.world.siteById.get(siteId);
    if (!site) throw new RangeError(`truth: there is no site ${siteId}`);
    return site;
  }

  private courseOf(orgId: string, mac: string, portId: string): { timeline: SiteTimeline; course: CircuitTimeline } {
    const site = this.world.siteByMac.get(mac);
    const timeline = site?.orgId === orgId ? this.scenario.timelineOf(site) : null;
    const course = timeline?.circuitOf(portId);
    if (!timeline || !course) throw new RangeError(`truth: organisation ${orgId} has no circuit ${mac} ${portId}`);
    return { timeline, course };
  }
}
