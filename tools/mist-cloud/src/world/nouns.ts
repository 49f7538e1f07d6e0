import type { CircuitType } from './catalogue.js';

export type CircuitRole = 'primary' | 'secondary';

/** One WAN port of one gateway, with what was bought (which the API itself never tells). */
export interface Circuit {
  readonly number: number;
  readonly portId: string;
  readonly name: string;
  readonly role: CircuitRole;
  readonly provider: string;
  readonly type: CircuitType;
  readonly downMbps: number;
  readonly upMbps: number;
  readonly linkMbps: number;
  /** Share of the bandwidth used at the weekly peak when nothing is wrong. */
  readonly level: number;
  readonly latencyMs: number;
  readonly lossPct: number;
  readonly portMac: string;
}

export interface Device {
  readonly id: string;
  readonly mac: string;
  readonly name: string;
  readonly model: string;
  readonly serial: string;
  readonly version: string;
}

export interface Gateway extends Device {
  /** Start of the first uptime, before the simulation's start. */
  readonly bootAtMs: number;
  readonly extIp: string;
}

export interface AccessPoint extends Device {
  readonly number: number;
}

export interface Site {
  readonly number: number;
  readonly orgNumber: number;
  readonly id: string;
  readonly orgId: string;
  readonly name: string;
  readonly region: string;
  readonly timezone: string;
  readonly countryCode: string;
  readonly offsetMs: number;
  readonly storeType: string;
  readonly lat: number;
  readonly lng: number;
  /** A site somebody set up in haste: no address, notes, place, timezone nor country in the API's answer. */
  readonly isBare: boolean;
  readonly groupIds: readonly string[];
  readonly clients: number;
  readonly weakMetric: string | null;
  readonly gateway: Gateway;
  readonly circuits: readonly Circuit[];
  readonly aps: readonly AccessPoint[];
  readonly switch: Device;
}

export interface SiteGroup {
  readonly id: string;
  readonly name: string;
  readonly siteIds: readonly string[];
}

export interface Org {
  readonly number: number;
  readonly id: string;
  readonly name: string;
  readonly tokens: readonly string[];
  readonly sites: readonly Site[];
  readonly groups: readonly SiteGroup[];
  /** Devices that are in the inventory and belong to no site yet. */
  readonly spares: readonly (Device & { readonly type: 'gateway' | 'ap' })[];
}

export interface World {
  readonly seed: number;
  readonly startAtMs: number;
  readonly orgs: readonly Org[];
  readonly orgById: ReadonlyMap<string, Org>;
  readonly siteById: ReadonlyMap<string, Site>;
  readonly siteByMac: ReadonlyMap<string, Site>;
  readonly orgsByToken: ReadonlyMap<string, readonly Org[]>;
}
