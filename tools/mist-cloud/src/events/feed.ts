import type { SiteTimeline } from '../physics/site-timeline.js';
import { hash, numberOf, uuidOf } from '../random.js';
import type { Scenario } from '../scenario/scenario.js';
import type { AccessPoint, Org, Site, World } from '../world/nouns.js';

/** Something a device told the cloud, or the cloud noticed about it. */
export interface DeviceEvent {
  readonly atMs: number;
  readonly type: string;
  readonly deviceType: 'gateway' | 'ap';
  readonly mac: string;
  readonly deviceName: string;
  readonly model: string;
  readonly version: string;
  readonly site: Site;
  readonly text: string;
  readonly portId: string | null;
}

/** A condition the cloud raises by itself, open until it is resolved. */
export interface Alarm {
  readonly id: string;
  readonly atMs: number;
  readonly endMs: number;
  readonly type: string;
  readonly severity: 'critical' | 'warn' | 'info';
  readonly site: Site;
  readonly deviceMac: string;
  readonly hostname: string;
}

const DAY_MS = 86_400_000;
const byTime = (a: { atMs: number }, b: { atMs: number }): number => a.atMs - b.atMs;

/** Events and alarms of an organisation, in order of time; scripted ones are computed once per scenario. */
export class Feed {
  private readonly scripted = new Map<string, { version: number; events: DeviceEvent[]; alarms: Alarm[] }>();

  constructor(
    private readonly world: World,
    private readonly scenario: Scenario,
  ) {}

  /** Events of `[fromMs, toMs)`. */
  events(org: Org, fromMs: number, toMs: number): readonly DeviceEvent[] {
    const scripted = this.scriptedOf(org).events.filter((event) => event.atMs >= fromMs && event.atMs < toMs);
    return [...scripted, ...this.restarts(org, fromMs, toMs)].sort(byTime);
  }

  /** Alarms that were raised in `[fromMs, toMs)`. */
  alarms(org: Org, fromMs: number, toMs: number): readonly Alarm[] {
    return this.scriptedOf(org).alarms.filter((alarm) => alarm.atMs >= fromMs && alarm.atMs < toMs);
  }

  private scriptedOf(org: Org): { events: DeviceEvent[]; alarms: Alarm[] } {
    const known = this.scripted.get(org.id);
    if (known?.version === this.scenario.version) return known;
    const timelines = this.scenario.touchedSites(org).map((site) => this.scenario.timelineOf(site));
    const made = {
      version: this.scenario.version,
      events: timelines.flatMap(eventsOf).sort(byTime),
      alarms: timelines.flatMap((timeline) => this.alarmsOf(timeline)).sort(byTime),
    };
    this.scripted.set(org.id, made);
    return made;
  }

  /** Ordinary life: now and then an access point restarts. */
  private restarts(org: Org, fromMs: number, toMs: number): DeviceEvent[] {
    const perDay = Math.ceil(org.sites.length / 20);
    const events: DeviceEvent[] = [];
    for (let day = Math.floor(fromMs / DAY_MS); day * DAY_MS < toMs; day += 1) {
      for (let index = 0; index < perDay; index += 1) {
        const chance = hash(this.world.seed, org.number, day, index, 91);
        const site = org.sites[chance % Math.max(1, org.sites.length)];
        const ap = site?.aps[chance % Math.max(1, site.aps.length)];
        const atMs = day * DAY_MS + (hash(this.world.seed, org.number, day, index, 92) % DAY_MS);
        if (site && ap && atMs >= fromMs && atMs < toMs)
          events.push(apEvent(site, ap, { atMs, type: 'AP_RESTARTED', text: 'restarted by power cycle' }));
      }
    }
    return events;
  }

  private alarmsOf(timeline: SiteTimeline): Alarm[] {
    const { site } = timeline;
    const { gateway } = site;
    const raise = (type: string, severity: Alarm['severity'], span: { fromMs: number; toMs: number }, slot = 0): Alarm => ({
      id: uuidOf(this.world.seed, site.orgNumber, site.number, span.fromMs / 1000, numberOf(type), slot, 93),
      atMs: span.fromMs,
      endMs: span.toMs,
      type,
      severity,
      site,
      deviceMac: gateway.mac,
      hostname: gateway.name,
    });
    return [
      ...timeline.cutOffs.map((span) => raise('gateway_down', 'critical', span)),
      ...timeline.circuits.flatMap((course, slot) => course.downs.map((span) => raise('gw_port_down', 'warn', span, slot))),
      ...timeline.pathDowns.map((span) => raise('vpn_path_down', 'warn', span)),
      ...timeline.dhcp.map((span) => raise('infra_dhcp_failure', 'critical', span)),
    ];
  }
}

type Happening = Pick<DeviceEvent, 'atMs' | 'type' | 'text'>;

const apEvent = (site: Site, ap: AccessPoint, happening: Happening): DeviceEvent => ({
  ...happening,
  site,
  deviceType: 'ap',
  mac: ap.mac,
  deviceName: ap.name,
  model: ap.model,
  version: ap.version,
  portId: null,
});

const gatewayEvent = (site: Site, happening: Happening, portId: string | null = null): DeviceEvent => {
  const { mac, name, model, version } = site.gateway;
  return { ...happening, site, deviceType: 'gateway', mac, deviceName: name, model, version, portId };
};

/** SRX gateways name the port in the text alone, SSR ones in `port_id`. */
const portEvent = (site: Site, portId: string, at: { atMs: number; up: boolean }): DeviceEvent => {
  const word = at.up ? 'up' : 'down';
  const happening = { atMs: at.atMs, type: at.up ? 'GW_PORT_UP' : 'GW_PORT_DOWN' };
  return site.gateway.model === 'SRX320'
    ? gatewayEvent(site, { ...happening, text: `SNMP_TRAP_LINK_${word.toUpperCase()}: ifAdminStatus up(1), ifName ${portId}` })
    : gatewayEvent(site, { ...happening, text: `Interface ${portId} is ${word}` }, portId);
};

const cutOffEvents = (timeline: SiteTimeline): DeviceEvent[] => {
  const { site } = timeline;
  return timeline.cutOffs.flatMap((span) => [
    gatewayEvent(site, { atMs: span.fromMs, type: 'GW_DISCONNECTED', text: 'Gateway lost its connection to the cloud' }),
    gatewayEvent(site, { atMs: span.toMs, type: 'GW_CONNECTED', text: 'Gateway connected to the cloud' }),
    ...(timeline.powerless.some((off) => off.toMs === span.toMs)
      ? [gatewayEvent(site, { atMs: span.toMs, type: 'GW_RESTARTED', text: 'Gateway restarted' })]
      : []),
    ...site.aps.flatMap((ap) => [
      apEvent(site, ap, { atMs: span.fromMs, type: 'AP_DISCONNECTED', text: 'AP lost its connection to the cloud' }),
      apEvent(site, ap, { atMs: span.toMs, type: 'AP_CONNECTED', text: 'AP connected to the cloud' }),
    ]),
  ]);
};

/** What a box does while nobody hears it is never told: port events inside a cut-off are lost. */
const eventsOf = (timeline: SiteTimeline): DeviceEvent[] => {
  const { site } = timeline;
  const primary = site.circuits[0];
  const ports = timeline.circuits.flatMap((course) => course.transitions.map((at) => portEvent(site, course.circuit.portId, at)));
  const paths = timeline.pathDowns.flatMap((span) =>
    [
      { atMs: span.fromMs, word: 'DOWN' },
      { atMs: span.toMs, word: 'UP' },
    ].map(({ atMs, word }) =>
      gatewayEvent(
        site,
        {
          atMs,
          type: `GW_VPN_PATH_${word}`,
          text: `peer path [hub1,198.51.100.1,hub1,${primary?.name ?? ''},0] ${word.toLowerCase()}`,
        },
        primary?.portId ?? null,
      ),
    ),
  );
  const heard = [...ports, ...paths].filter((event) => timeline.cutOffAt(event.atMs) === null);
  return [...heard, ...cutOffEvents(timeline)];
};
