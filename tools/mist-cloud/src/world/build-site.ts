import { between, hash, macOf, pick, unit, uuidOf } from '../random.js';
import { AP_MODELS, GATEWAY_MODELS, PLACES, PROVIDERS, STORE_TYPES, SWITCH_MODEL } from './catalogue.js';
import type { AccessPoint, Circuit, Device, Gateway, Site } from './nouns.js';

const DAY_MS = 86_400_000;
const KIND = { gateway: 1, ap: 2, switch: 3, port: 4 } as const;
const WEAK_METRICS = ['coverage', 'capacity', 'roaming', 'throughput', 'time-to-connect'] as const;

/** Which site is being built, and how large. */
export interface SitePlan {
  readonly seed: number;
  readonly startAtMs: number;
  readonly orgNumber: number;
  readonly orgId: string;
  readonly number: number;
  readonly siteCount: number;
  readonly circuits: number;
  readonly aps: number;
}

const macFor = (plan: SitePlan, kind: keyof typeof KIND, index: number): string =>
  macOf({ seed: plan.seed, org: plan.orgNumber, kind: KIND[kind], index });

/** Gateways carry `1000` in the fourth group of their id, access points `0000`; the mac is the last group. */
export const deviceIdOf = (type: 'gateway' | 'ap' | 'switch', mac: string): string =>
  `00000000-0000-0000-${type === 'ap' ? '0000' : '1000'}-${mac}`;

const serialOf = (mac: string): string => `SIM${mac.slice(4).toUpperCase()}`;

const circuitOf = (plan: SitePlan, slot: number): Circuit => {
  const { seed, orgNumber, number } = plan;
  const isPrimary = slot === 0;
  const sellers = isPrimary ? PROVIDERS.slice(0, 3) : PROVIDERS.slice(1);
  const seller = pick(sellers, seed, orgNumber, number, slot, 21);
  const downMbps = pick<number>(seller.downMbps, seed, orgNumber, number, slot, 22);
  const isBusy = isPrimary && hash(seed, orgNumber, number, 23) % 20 === 0;
  const level = isBusy ? 0.82 : isPrimary ? between(0.25, 0.65, seed, orgNumber, number, 24) : 0.04;
  const index = number * 8 + slot;
  return {
    number: index,
    portId: `ge-0/0/${slot}`,
    name: seller.type === 'lte' ? `Lte${slot}` : `WAN${slot}`,
    role: isPrimary ? 'primary' : 'secondary',
    provider: seller.name,
    type: seller.type,
    downMbps,
    upMbps: Math.max(5, Math.round(downMbps * seller.upShare)),
    linkMbps: 1000,
    level,
    latencyMs: seller.latencyMs * between(0.8, 1.3, seed, orgNumber, index, 25),
    lossPct: seller.lossPct,
    portMac: macFor(plan, 'port', index),
  };
};

const gatewayOf = (plan: SitePlan, siteName: string): Gateway => {
  const mac = macFor(plan, 'gateway', plan.number);
  const model = GATEWAY_MODELS[plan.number % 2 === 0 ? 0 : 1];
  return {
    id: deviceIdOf('gateway', mac),
    mac,
    name: `gw-${siteName}`,
    model,
    serial: serialOf(mac),
    version: model === 'SSR120' ? '6.2.5' : '22.4R3',
    bootAtMs: plan.startAtMs - Math.floor(between(20, 80, plan.seed, plan.orgNumber, plan.number, 31) * DAY_MS),
    extIp: `192.0.2.${(plan.number % 250) + 1}`,
  };
};

const apOf = (plan: SitePlan, slot: number, siteName: string): AccessPoint => {
  const index = plan.number * 256 + slot;
  const mac = macFor(plan, 'ap', index);
  return {
    number: index,
    id: deviceIdOf('ap', mac),
    mac,
    name: `ap${slot + 1}-${siteName}`,
    model: pick(AP_MODELS, plan.seed, index, 41),
    serial: serialOf(mac),
    version: '0.14.29313',
  };
};

const switchOf = (plan: SitePlan, siteName: string): Device => {
  const mac = macFor(plan, 'switch', plan.number);
  return {
    id: deviceIdOf('switch', mac),
    mac,
    name: `sw-${siteName}`,
    model: SWITCH_MODEL,
    serial: serialOf(mac),
    version: '23.4R2',
  };
};

/** Every 37th site has no access points: a site without Wi-Fi data. */
const apCountOf = (plan: SitePlan): number => (plan.number % 37 === 36 ? 0 : plan.aps);

/** The sixth site carries the fifth one's name, as careless set-ups do. */
const nameOf = (plan: SitePlan): string => `store-${String(plan.number === 5 ? 5 : plan.number + 1).padStart(4, '0')}`;

/** Builds one site with everything in it; `groupsFor` gives the ids of the groups of a region. */
export const buildSite = (plan: SitePlan, groupsFor: (region: string, number: number) => readonly string[]): Site => {
  const { seed, orgNumber, number } = plan;
  const place = PLACES[number % PLACES.length] ?? PLACES[0];
  const name = nameOf(plan);
  const aps = Array.from({ length: apCountOf(plan) }, (_, slot) => apOf(plan, slot, name));
  return {
    number,
    orgNumber,
    id: uuidOf(seed, orgNumber, number, 51),
    orgId: plan.orgId,
    name,
    region: place.region,
    timezone: place.timezone,
    countryCode: place.countryCode,
    offsetMs: place.offsetHours * 3_600_000,
    storeType: pick(STORE_TYPES, seed, orgNumber, number, 52),
    lat: place.lat + between(-1, 1, seed, number, 53),
    lng: place.lng + between(-1, 1, seed, number, 54),
    isBare: number % 23 === 2,
    groupIds: groupsFor(place.region, number),
    clients: number % 29 === 28 ? 0 : Math.round(aps.length * between(4, 14, seed, orgNumber, number, 55)),
    weakMetric: unit(seed, orgNumber, number, 56) < 0.06 ? pick(WEAK_METRICS, seed, orgNumber, number, 57) : null,
    gateway: gatewayOf(plan, name),
    circuits: Array.from({ length: plan.circuits }, (_, slot) => circuitOf(plan, slot)),
    aps,
    switch: switchOf(plan, name),
  };
};
