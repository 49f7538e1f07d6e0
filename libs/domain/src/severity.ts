/** The one severity scale, ascending. */
export const SEVERITIES = ['unknown', 'info', 'warning', 'major', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

export const isSeverity = (value: unknown): value is Severity => SEVERITIES.some((severity) => severity === value);

/** Position on the scale; higher is worse. */
export const severityRank = (severity: Severity): number => SEVERITIES.indexOf(severity);

export const worst = (severities: Iterable<Severity>): Severity => {
  let result: Severity = 'unknown';
  for (const severity of severities) if (severityRank(severity) > severityRank(result)) result = severity;
  return result;
};

export const HEALTH_STATUSES = ['UNKNOWN', 'HEALTHY', 'DEGRADED', 'UNHEALTHY', 'CRITICAL'] as const;
export type HealthStatus = (typeof HEALTH_STATUSES)[number];
