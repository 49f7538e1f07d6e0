/** What probably broke: nothing known that many sites share, a carrier, a region, or the whole org; from narrow to wide. */
export const CAUSE_KINDS = ['many', 'carrier', 'region', 'org'] as const;
export type CauseKind = (typeof CAUSE_KINDS)[number];

export interface OutageCause {
  readonly kind: CauseKind;
  /** Name of the carrier or region; `null` otherwise. */
  readonly name: string | null;
}

/** A wider cause takes over the sites of a narrower one. */
export const CAUSE_WIDTH: Readonly<Record<CauseKind, number>> = { many: 0, carrier: 1, region: 1, org: 2 };

/** A site that lost circuits, as far as it tells what broke. */
export interface AffectedSite {
  readonly siteId: number;
  /** It is down, or may be. */
  readonly isDown: boolean;
  /** Carriers of the circuits it lost; `null` = of one nobody knows the carrier. */
  readonly providers: readonly (string | null)[];
  readonly region: string | null;
  /** The open outage it is told in; `null` = none. */
  readonly outageId: number | null;
  /** It lost something within the last group interval. */
  readonly isRecent: boolean;
}

/** How many sites there are. */
export interface OutageTotals {
  readonly sites: number;
  readonly ofCarrier: ReadonlyMap<string, number>;
  readonly ofRegion: ReadonlyMap<string, number>;
}

export interface OutageSettings {
  /** Fewer sites than this are no outage of a carrier, a region or an org. */
  readonly minSites: number;
  /** Share of the carrier's or region's sites that must be affected, 0..1. */
  readonly minShare: number;
  /** Share of the org's sites that must be affected, 0..1. */
  readonly orgShare: number;
}

export const OUTAGE_DEFAULTS: OutageSettings = { minSites: 3, minShare: 0.1, orgShare: 0.5 };

/** An incident of several sites that is open. */
export interface OpenOutage {
  readonly id: number;
  readonly cause: OutageCause;
  readonly isTold: boolean;
}

/** An outage as it should be: `id` null = it begins; `siteIds` are those that go into it and are not there yet. */
export interface PlannedOutage {
  readonly id: number | null;
  readonly cause: OutageCause;
  readonly siteIds: readonly number[];
}

/** An outage without a cause that everybody sees needs more sites than this: nobody reads thousands of mails. */
export const MANY_SITES = 5;
