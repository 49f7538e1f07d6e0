import type { EpochMs, Span } from '../../sample.js';
import type { SlePeriod } from '../../sle/history.js';
import type { SleMetric } from '../../sle/metrics.js';
import type { WanSums } from './sums.js';

/** What a report of a period is about. */
export interface PeriodScope {
  readonly org: { readonly id: string; readonly name: string };
  /** Whole local days that are over. */
  readonly period: Span;
  readonly before: Span;
  readonly zone: string;
  /** Names of the days, oldest first: `2026-03-01`. */
  readonly days: readonly string[];
  /** What it was narrowed to, as people read it. */
  readonly region: string | null;
  readonly site: string | null;
}

/** A circuit over the period, once for each region and provider that it had. */
export interface CircuitPeriod {
  readonly id: string;
  readonly name: string;
  readonly siteId: string;
  readonly siteName: string;
  readonly region: string;
  readonly provider: string | null;
  readonly sums: WanSums;
}

export interface SiteFailovers {
  readonly siteId: string;
  readonly siteName: string;
  readonly count: number;
  readonly durationMs: number;
}

export interface IncidentCounts {
  readonly severity: string;
  readonly opened: number;
  readonly resolved: number;
  readonly meanDurationMs: number | null;
}

/** Everything the reports about circuits say. */
export interface WanPeriodModel extends PeriodScope {
  readonly circuits: readonly CircuitPeriod[];
  /** All circuits together over the period before, of the same length. */
  readonly beforeSums: WanSums;
  /** All circuits together, day by day. */
  readonly daySums: readonly WanSums[];
  readonly failovers: readonly SiteFailovers[];
  readonly incidents: readonly IncidentCounts[];
}

export interface SitePeriodScores {
  readonly id: string;
  readonly name: string;
  readonly region: string;
  readonly now: Readonly<Partial<Record<SleMetric, SlePeriod>>>;
  readonly before: Readonly<Partial<Record<SleMetric, SlePeriod>>>;
}

/** Everything the reports say about service levels. */
export interface SlePeriodModel extends PeriodScope {
  readonly sites: readonly SitePeriodScores[];
  /** All sites together, day by day; `null` = no score that day. */
  readonly daily: Readonly<Partial<Record<SleMetric, readonly (number | null)[]>>>;
  /** Lowest scores that are fine, as shares. */
  readonly limits: Readonly<
    Partial<Record<SleMetric, { readonly warning: number; readonly major: number; readonly critical: number }>>
  >;
}

/** What a carrier has promised; what it has not is left out. */
export interface Contract {
  readonly availabilityPct?: number;
  readonly latencyMs?: number;
  readonly jitterMs?: number;
  readonly lossPct?: number;
}

export interface CarrierOutage {
  readonly circuitId: string;
  readonly circuitName: string;
  readonly siteName: string;
  readonly provider: string | null;
  readonly start: EpochMs;
  readonly end: EpochMs;
  readonly upAgainAt: EpochMs | null;
  readonly downMs: number;
  readonly maintenanceMs: number;
}

/** Everything the evidence for carriers says. */
export interface CarrierModel extends WanPeriodModel {
  /** By provider. */
  readonly contracts: Readonly<Record<string, Contract>>;
  readonly outages: readonly CarrierOutage[];
}
