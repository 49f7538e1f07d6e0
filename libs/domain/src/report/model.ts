import type { EpochMs, PortState } from '../sample.js';
import type { HealthStatus, Severity } from '../severity.js';
import type { ReportTrends } from './trends.js';

/** Share of a metric's failures that one cause stands for. */
export interface ReportClassifier {
  readonly name: string;
  readonly degradedPct: number;
  readonly numUsers: number | null;
  readonly numAps: number | null;
}

/** Newest judgement of one metric of one site; `score` is 0..1, `null` = no data. */
export interface ReportInsight {
  readonly metric: string;
  readonly title: string;
  readonly score: number | null;
  readonly severity: Severity;
  readonly text: string;
  readonly classifiers: readonly ReportClassifier[];
}

/** Current state of one circuit; `id` is `mac:port`. */
export interface ReportCircuit {
  readonly id: string;
  readonly name: string;
  readonly state: PortState | 'unknown';
  readonly since: EpochMs | null;
  readonly utilizationPct: number | null;
  readonly severity: Severity;
  /** What made it so severe, worst first: `state`, `utilization`, `latency`, `jitter`, `loss` ...; empty when all is well. */
  readonly why: readonly string[];
}

/** What a site's status is the worst of. */
export interface StatusParts {
  readonly wifi: HealthStatus;
  readonly wanSle: HealthStatus;
  readonly wan: HealthStatus;
}

export interface ReportSite {
  readonly id: string;
  readonly name: string;
  readonly region: string;
  readonly status: HealthStatus;
  readonly parts: StatusParts;
  /** Age of the newest observation; `null` = never observed. */
  readonly dataAgeMs: number | null;
  /** Why the data is old, e.g. `unauthorized`; `null` while the polls succeed. */
  readonly staleReason: string | null;
  readonly insights: readonly ReportInsight[];
  readonly circuits: readonly ReportCircuit[];
}

export interface ReportAlert {
  readonly id: string;
  readonly rule: string;
  /** Names need not be unique. */
  readonly siteId: string | null;
  readonly siteName: string | null;
  readonly severity: Severity;
  readonly status: string;
  readonly since: EpochMs;
  readonly title: string;
}

export interface CircuitCounts {
  readonly total: number;
  readonly up: number;
  readonly down: number;
  readonly unknown: number;
}

export const STALE_REASONS = ['unauthorized', 'rate-limited', 'unanswered'] as const;
/** The ways a poll fails, as told to people. */
export type StaleReason = (typeof STALE_REASONS)[number];

export interface CollectionFailure {
  readonly kind: string;
  readonly reason: StaleReason;
  readonly detail: string | null;
  readonly failedAt: EpochMs | null;
  readonly failures: number;
}

/** All a report says; a report is a function of this and nothing else. */
export interface ReportModel {
  readonly generatedAt: EpochMs;
  readonly org: {
    readonly id: string;
    readonly name: string;
    readonly status: HealthStatus;
    readonly dataAgeMs: number | null;
    readonly staleReason: string | null;
  };
  readonly sites: readonly ReportSite[];
  readonly alerts: readonly ReportAlert[];
  readonly circuits: CircuitCounts;
  readonly failures: readonly CollectionFailure[];
  /** Left out where nobody looked at the history. */
  readonly trends?: ReportTrends;
}

/** Which of the three ways a poll failed in, by the failure's stable code. */
export function staleReasonOf(failureCode: string | null): StaleReason {
  if (failureCode !== null && /UNAUTHORIZED|FORBIDDEN|ORG_STOPPED|401|403/i.test(failureCode)) return 'unauthorized';
  if (failureCode !== null && /THROTTLED|RATE|429|PARKED|BUDGET/i.test(failureCode)) return 'rate-limited';
  return 'unanswered';
}
