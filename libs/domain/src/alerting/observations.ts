import type { EpochMs, PortState } from '../sample.js';
import { severityRank, worst, type Severity } from '../severity.js';
import type { AlertRuleId } from './alert.js';
import type { BreachObservation } from './transition.js';

export interface ObservedMetric {
  readonly metric: string;
  readonly score: number | null;
  readonly severity: Severity;
}

/** What a notice shows about an alert. */
export interface AlertDetails {
  readonly siteName: string;
  readonly circuitName?: string;
  /** Failover: the circuit that carries the site instead. */
  readonly backupName?: string;
  /** Why a site counts as down. */
  readonly cause?: 'gateways-disconnected' | 'no-circuit-up';
  /** SLE: the critical and major metrics, worst first. */
  readonly metrics?: readonly ObservedMetric[];
  /** SLE: metrics without an answer; while one of them is what fired, the alert stays. */
  readonly unknownMetrics?: readonly string[];
  /** Rules about figures: which one, what it was, and where being bad begins. */
  readonly metric?: string;
  readonly value?: number | null;
  readonly threshold?: number;
  /** Trend: the same figure a day before. */
  readonly before?: number | null;
  /** Begin of the hour the figure is of. */
  readonly hour?: EpochMs;
  /** Flapping: changes between up and down within the hour before. */
  readonly changes?: number;
  /** Device offline: which gateway, or how many of the site's access points and switches. */
  readonly deviceName?: string;
  readonly offline?: { readonly count: number; readonly of: number };
  /** No data: when something was last heard; `null` = never. */
  readonly lastHeardAt?: EpochMs | null;
  /** Collector stopped, token trouble: kinds of data that are behind, and what the collector says of it. */
  readonly kinds?: readonly string[];
  readonly trouble?: string;
  /** Name of a rule of the configuration, and what to do about its alerts. */
  readonly ruleName?: string;
  readonly runbookUrl?: string;
}

/** One answer about one subject of one rule, ready to be evaluated. */
export interface Observation extends BreachObservation {
  readonly rule: AlertRuleId;
  /** `site:<id>`, `circuit:<id>`, `device:<id>` or `org`. */
  readonly subject: string;
  /** `null` = it is about the whole org. */
  readonly siteId: number | null;
  readonly circuitId: number | null;
  readonly details: AlertDetails;
}

/** The newest known state of a circuit; `state` null = unknown (never observed, or its gateway is cut off). */
export interface CircuitHead {
  readonly siteId: number;
  readonly siteName: string;
  readonly circuitId: number;
  readonly circuitName: string;
  readonly state: PortState | null;
  readonly disabled: boolean;
  readonly at: EpochMs;
}

/** A disabled port is no circuit: it cannot be down, and what was open about it ends. */
export function observationOfCircuit(head: CircuitHead): Observation {
  return {
    rule: 'circuit-down',
    subject: `circuit:${head.circuitId}`,
    siteId: head.siteId,
    circuitId: head.circuitId,
    breached: head.disabled ? false : head.state === null ? null : head.state === 'down',
    severity: 'major',
    at: head.at,
    details: { siteName: head.siteName, circuitName: head.circuitName },
  };
}

/** A primary, and the circuit that carries its site instead; `backup` null = it is not failed over. */
export interface FailoverHead extends Omit<CircuitHead, 'state' | 'disabled'> {
  readonly backup: { readonly since: EpochMs; readonly name: string } | null;
}

/** A failover is told of from its start, though it is certain only later: as two observations, at its start and now. */
export function observationsOfFailover({ backup, at, ...head }: FailoverHead): Observation[] {
  const observation = {
    rule: 'failover',
    subject: `circuit:${head.circuitId}`,
    siteId: head.siteId,
    circuitId: head.circuitId,
    breached: backup !== null,
    severity: 'major',
    details: { siteName: head.siteName, circuitName: head.circuitName, ...(backup === null ? {} : { backupName: backup.name }) },
  } as const;
  const times = backup === null || backup.since >= at ? [at] : [backup.since, at];
  return times.map((each) => ({ ...observation, at: each }));
}

/**
 * Flapping begins with so many changes between up and down within an hour, and ends after an hour without any. It is told apart from the circuit
 * being down, because a port that is up whenever it is polled may flap all the same.
 */
export function observationOfFlapping(
  head: Omit<CircuitHead, 'state' | 'disabled'>,
  changes: number,
  transitions: number,
): Observation {
  return {
    rule: 'flapping',
    subject: `circuit:${head.circuitId}`,
    siteId: head.siteId,
    circuitId: head.circuitId,
    breached: changes >= transitions,
    holds: changes > 0,
    severity: 'major',
    at: head.at,
    details: { siteName: head.siteName, circuitName: head.circuitName, changes, threshold: transitions },
  };
}

/** Everything that says whether a site can be reached; `connected` null = the cloud did not say. */
export interface SiteReachability {
  readonly siteId: number;
  readonly siteName: string;
  readonly gateways: readonly { readonly connected: boolean | null }[];
  readonly circuits: readonly {
    readonly state: PortState | null;
    readonly disabled: boolean;
  }[];
  readonly at: EpochMs;
}

/** Down when all gateways are disconnected or no circuit is up; unknown when neither that nor its contrary is proven. */
export function observationOfSite(site: SiteReachability): Observation {
  const circuits = site.circuits.filter(({ disabled }) => !disabled);
  const isCutOff = site.gateways.length > 0 && site.gateways.every(({ connected }) => connected === false);
  const isDark = circuits.length > 0 && circuits.every(({ state }) => state === 'down');
  const isProvenUp = site.gateways.some(({ connected }) => connected === true) || circuits.some(({ state }) => state === 'up');
  return {
    rule: 'site-down',
    subject: `site:${site.siteId}`,
    siteId: site.siteId,
    circuitId: null,
    breached: isCutOff || isDark ? true : isProvenUp ? false : null,
    severity: 'critical',
    at: site.at,
    details: {
      siteName: site.siteName,
      ...(isCutOff ? { cause: 'gateways-disconnected' } : isDark ? { cause: 'no-circuit-up' } : {}),
    },
  };
}

export interface SiteSle {
  readonly siteId: number;
  readonly siteName: string;
  readonly metrics: readonly ObservedMetric[];
  readonly at: EpochMs;
}

const isAlarming = ({ severity }: ObservedMetric): boolean => severity === 'critical' || severity === 'major';

const worstFirst = (a: ObservedMetric, b: ObservedMetric): number =>
  severityRank(b.severity) - severityRank(a.severity) || (a.score ?? 1) - (b.score ?? 1) || (a.metric < b.metric ? -1 : 1);

/** One observation per site: breached when any metric is critical or major, as bad as the worst of them. */
export function observationOfSle(site: SiteSle): Observation {
  const severity = worst(site.metrics.map((metric) => metric.severity));
  const metrics = site.metrics.filter(isAlarming).sort(worstFirst);
  return {
    rule: 'sle',
    subject: `site:${site.siteId}`,
    siteId: site.siteId,
    circuitId: null,
    breached: severity === 'unknown' ? null : metrics.length > 0,
    severity,
    at: site.at,
    details: {
      siteName: site.siteName,
      metrics,
      unknownMetrics: site.metrics.filter((metric) => metric.severity === 'unknown').map(({ metric }) => metric),
    },
  };
}

/** A good answer about the other metrics does not tell whether the one that fired is good: then the observation counts as unknown. */
export function heldByUnknown<
  O extends { readonly breached: boolean | null; readonly details: Pick<AlertDetails, 'unknownMetrics'> },
>(observation: O, open: Pick<AlertDetails, 'metrics'>): O {
  const unknown = new Set(observation.details.unknownMetrics ?? []);
  const isHeld = observation.breached === false && (open.metrics ?? []).some(({ metric }) => unknown.has(metric));
  return isHeld ? { ...observation, breached: null } : observation;
}
