import type { EpochMs, NoticeReason, Severity } from '@app/domain';

/** One site as a notice shows it. */
export interface NotifiedSite {
  readonly name: string;
  readonly severity: Severity;
  readonly since: EpochMs;
  /** When it was over; `null` = still going on. */
  readonly resolvedAt: EpochMs | null;
  /** Not in any earlier notice of this incident. */
  readonly isNew: boolean;
  /** What is wrong there, worst first: `Site down: all gateways disconnected`, `Coverage 61.2%`. */
  readonly what: readonly string[];
}

export interface NotifiedClassifier {
  readonly name: string;
  readonly degradedPct: number;
  readonly numUsers: number | null;
  readonly numAps: number | null;
}

/** One line of a classifier table. */
export interface NotifiedScore {
  readonly siteName: string;
  readonly severity: Severity;
  /** 0..1. */
  readonly score: number | null;
  readonly classifiers: readonly NotifiedClassifier[];
}

/** The degraded sites of one service level, worst first. */
export interface NotifiedMetric {
  readonly title: string;
  /** How many sites are degraded in all; `rows` holds the worst of them. */
  readonly total: number;
  readonly rows: readonly NotifiedScore[];
}

/** Everything a channel needs to tell an incident, taken at the moment of the decision: a retry tells the same. */
export interface Notification {
  readonly orgId: string;
  readonly orgName: string;
  readonly incidentId: number;
  readonly step: number;
  readonly reason: NoticeReason;
  readonly severity: Severity;
  readonly title: string;
  readonly openedAt: EpochMs;
  readonly at: EpochMs;
  /** Sites that are affected now (or were, in a recovery); `sites` holds the worst of them. */
  readonly siteCount: number;
  readonly sites: readonly NotifiedSite[];
  readonly metrics: readonly NotifiedMetric[];
  readonly reportUrl: string | null;
  readonly alertsUrl: string | null;
  /** Where a person says that they take it; `null` = cannot be taken by link. */
  readonly ackUrl: string | null;
  /** What to do about it; `null` = nobody has written that down. */
  readonly runbookUrl: string | null;
}
