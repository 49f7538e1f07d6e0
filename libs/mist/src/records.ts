import type { CircuitRole, EpochMs, PathSample, PortSample, PortState } from '@app/domain';

/** Our shapes of what Mist said; from here on no field name of Mist's is known. `null` means the answer did not say. */
export interface SiteRecord {
  readonly siteId: string;
  readonly name: string | null;
  readonly timezone: string | null;
  readonly countryCode: string | null;
  readonly sitegroupIds: readonly string[];
  /** From which its gateways inherit their configuration. */
  readonly gatewayTemplateId: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
}

export interface SiteGroupRecord {
  readonly sitegroupId: string;
  readonly name: string;
}

export type DeviceType = 'ap' | 'switch' | 'gateway';

export interface DeviceRecord {
  readonly deviceId: string | null;
  readonly mac: string;
  /** null: not assigned to a site. */
  readonly siteId: string | null;
  readonly type: DeviceType;
  readonly name: string | null;
  readonly model: string | null;
  readonly version: string | null;
  readonly connected: boolean | null;
}

/** A gateway's statistics: connectivity and the names its WAN ports go by. */
export interface GatewayRecord extends DeviceRecord {
  readonly type: 'gateway';
  readonly uptimeS: number | null;
  readonly wanPorts: readonly {
    readonly portId: string;
    readonly wanName: string | null;
    readonly provider: string | null;
    readonly isLte: boolean;
  }[];
}

/** What a gateway is configured to do with its WAN ports, those that are switched on. */
export interface GatewayConfigRecord {
  readonly mac: string;
  readonly ports: readonly {
    readonly portId: string;
    /** As Mist names kinds of lines: broadband, dsl, lte. */
    readonly type: string | null;
    readonly isLte: boolean;
    /** From the order in which paths are preferred. */
    readonly preferredRole: CircuitRole | null;
    /** It sends no faster than this. */
    readonly shapedUpMbps: number | null;
  }[];
}

export interface PortRecord {
  readonly mac: string;
  readonly portId: string;
  readonly siteId: string;
  readonly sample: PortSample;
}

export interface PathRecord {
  readonly mac: string;
  /** Port id or WAN name, as it came. */
  readonly portName: string;
  readonly siteId: string | null;
  readonly sample: PathSample;
}

export interface DeviceEventRecord {
  readonly mac: string;
  readonly siteId: string | null;
  readonly at: EpochMs;
  readonly type: string;
  readonly portId: string | null;
  readonly text: string | null;
  /** What it says about a port or a gateway's connectivity; null for all other events. */
  readonly effect:
    { readonly of: 'port'; readonly state: PortState } | { readonly of: 'gateway'; readonly connected: boolean } | null;
}

export interface AlarmRecord {
  readonly alarmId: string;
  readonly siteId: string | null;
  readonly type: string;
  readonly group: string;
  readonly severity: string;
  readonly at: EpochMs;
  readonly lastSeenAt: EpochMs;
  readonly resolvedAt: EpochMs | null;
  readonly count: number;
  readonly acked: boolean | null;
  /** The whole row, for display. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** Scores of one site from the org-wide sweep; a metric that is absent has no data. */
export interface SleScoresRecord {
  readonly siteId: string;
  /** Canonical metric name -> success ratio 0..1. */
  readonly scores: Readonly<Record<string, number>>;
  readonly numAps: number | null;
  readonly numClients: number | null;
  readonly numGateways: number | null;
}

export interface SleImpact {
  readonly numUsers: number | null;
  readonly totalUsers: number | null;
  readonly numAps: number | null;
  readonly totalAps: number | null;
  readonly numGateways: number | null;
  readonly totalGateways: number | null;
}

/** One metric of one site in detail: sums over the window, so that shares are sums too. */
export interface SleDetailRecord {
  readonly siteId: string;
  readonly metric: string;
  readonly windowFrom: EpochMs;
  readonly windowTo: EpochMs;
  readonly totalMinutes: number;
  readonly degradedMinutes: number;
  /** The same sums by UTC hour, of the hours that were delivered whole, ascending. */
  readonly hours: readonly { readonly hour: EpochMs; readonly totalMinutes: number; readonly degradedMinutes: number }[];
  /** Mean measured quantity in its own unit (dBm, seconds); never a percentage of success. */
  readonly measuredValue: number | null;
  readonly measuredUnit: string | null;
  readonly impact: SleImpact | null;
  readonly classifiers: readonly {
    readonly name: string;
    readonly totalMinutes: number;
    readonly degradedMinutes: number;
    readonly impact: SleImpact | null;
  }[];
}

/** One clock hour of a WAN port as Mist reckoned it; null where it did not. */
export interface WanHour {
  readonly hour: EpochMs;
  readonly rxBps: number | null;
  readonly txBps: number | null;
  readonly maxRxBps: number | null;
  readonly maxTxBps: number | null;
  readonly latencyMs: number | null;
  readonly jitterMs: number | null;
  readonly lossPct: number | null;
}

export interface WanHoursRecord {
  readonly siteId: string;
  readonly mac: string;
  readonly portId: string;
  readonly hours: readonly WanHour[];
}

/** A record that did not parse: kept with its reason; its neighbours go on. */
export interface SetAside {
  readonly position: number;
  readonly reason: string;
  readonly record: unknown;
}

export interface Mapped<K extends string, R> {
  readonly kind: K;
  readonly records: readonly R[];
  /** Where in the page each record stood. */
  readonly positions: readonly number[];
  readonly setAside: readonly SetAside[];
  /** Rows that are well formed and of no concern: LAN ports, other devices. records + setAside + notOurs = what came. */
  readonly notOurs: number;
}

export type MappedBatch =
  | Mapped<'sites', SiteRecord>
  | Mapped<'site-groups', SiteGroupRecord>
  | Mapped<'inventory', DeviceRecord>
  | Mapped<'gateways', GatewayRecord>
  | Mapped<'wan-ports', PortRecord>
  | Mapped<'peer-paths', PathRecord>
  | Mapped<'device-events', DeviceEventRecord>
  | Mapped<'alarms', AlarmRecord>
  | Mapped<'sle-wifi' | 'sle-wan', SleScoresRecord>
  | Mapped<'sle-detail', SleDetailRecord>
  | Mapped<'gateway-config', GatewayConfigRecord>;
