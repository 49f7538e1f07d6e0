/** A service level of Mist: what share of user time was good. */
export interface SleMetricKind {
  readonly id: string;
  readonly title: string;
  readonly family: 'wifi' | 'wan';
  /** Says nothing while no client is there. */
  readonly isClientBased: boolean;
}

export const SLE_METRICS = [
  { id: 'time-to-connect', title: 'Time to Connect', family: 'wifi', isClientBased: true },
  { id: 'successful-connect', title: 'Successful Connect', family: 'wifi', isClientBased: true },
  { id: 'coverage', title: 'Coverage', family: 'wifi', isClientBased: true },
  { id: 'roaming', title: 'Roaming', family: 'wifi', isClientBased: true },
  { id: 'throughput', title: 'Throughput', family: 'wifi', isClientBased: true },
  { id: 'capacity', title: 'Capacity', family: 'wifi', isClientBased: true },
  { id: 'ap-health', title: 'AP Health', family: 'wifi', isClientBased: false },
  { id: 'gateway-health', title: 'Gateway Health', family: 'wan', isClientBased: false },
  { id: 'wan-link-health', title: 'WAN Link Health', family: 'wan', isClientBased: false },
  { id: 'application-health', title: 'Application Health', family: 'wan', isClientBased: false },
] as const satisfies readonly SleMetricKind[];

export type SleMetric = (typeof SLE_METRICS)[number]['id'];

const BY_ID = new Map<string, SleMetricKind>(SLE_METRICS.map((metric) => [metric.id, metric]));

export const isSleMetric = (id: string): id is SleMetric => BY_ID.has(id);

export const sleMetricOf = (id: SleMetric): SleMetricKind => {
  const metric = BY_ID.get(id);
  if (metric === undefined) throw new RangeError(`There is no SLE metric "${id}"; known are ${[...BY_ID.keys()].join(', ')}.`);
  return metric;
};

export const sleMetricsOf = (family: SleMetricKind['family']): SleMetric[] =>
  SLE_METRICS.filter((metric) => metric.family === family).map(({ id }) => id);

/** Spelling in which names are compared: lower case, `-` for `_`. */
export const normalizedName = (name: string): string => name.trim().toLowerCase().replaceAll('_', '-');

/** Other names under which the same service level is delivered. */
const ALIASES: Readonly<Record<string, SleMetric>> = { 'failed-to-connect': 'successful-connect', 'roaming-exp': 'roaming' };

/** Our name of a delivered metric, whatever its spelling or version; null for one that is not watched. */
export const canonicalMetric = (name: string): SleMetric | null => {
  const plain = normalizedName(name).replace(/-v\d+$/, '');
  const id = ALIASES[plain] ?? plain;
  return isSleMetric(id) ? id : null;
};
