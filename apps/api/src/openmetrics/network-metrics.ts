import { HEALTH_STATUSES, SEVERITIES } from '@app/domain';
import type { CircuitNow, OrgNow } from '@app/shared';
import { Gauge, type OpenMetricsContentType, type Registry } from 'prom-client';
import { groupsOf, type GroupNow } from '../regions/group-now.js';

/** What is told of an org beside its current state. */
export interface OrgFigures {
  readonly state: OrgNow;
  readonly alerts: readonly { readonly rule: string; readonly severity: string; readonly count: number }[];
  readonly incidents: readonly { readonly severity: string; readonly acknowledged: boolean; readonly count: number }[];
  readonly polls: readonly { readonly kind: string; readonly ageSeconds: number }[];
  readonly callsThisHour: number;
}

/** Every metric of the network with its labels; a scrape has all of them, if need be without values. */
export const NETWORK_METRICS = {
  mistwatch_network_sites: ['Sites by region and status', 'org', 'region', 'status'],
  mistwatch_network_circuits: ['Circuits by state, of each region and provider', 'org', 'level', 'group', 'state'],
  mistwatch_network_circuits_severity: ['Circuits by severity, of each region and provider', 'org', 'level', 'group', 'severity'],
  mistwatch_network_utilization_percent: ['Utilization in the newest closed hour', 'org', 'level', 'group', 'stat'],
  mistwatch_network_loss_percent: ['Loss in the newest closed hour', 'org', 'level', 'group', 'stat'],
  mistwatch_network_jitter_milliseconds: ['Jitter in the newest closed hour', 'org', 'level', 'group', 'stat'],
  mistwatch_network_latency_milliseconds: ['Latency in the newest closed hour', 'org', 'level', 'group', 'stat'],
  mistwatch_network_sle_sites: ['Sites by service level and its severity', 'org', 'metric', 'severity'],
  mistwatch_network_failovers: ['Failovers that go on', 'org'],
  mistwatch_network_alerts: ['Alerts that fire, taken or not', 'org', 'rule', 'severity'],
  mistwatch_network_incidents: ['Open incidents', 'org', 'severity', 'acknowledged'],
  mistwatch_network_data_age_seconds: ['Age of what was last stored, by kind of data', 'org', 'kind'],
  mistwatch_network_api_calls: ['Calls to the Mist API in the running hour', 'org'],
} as const satisfies Readonly<Record<string, readonly [help: string, ...labels: string[]]>>;
type Metric = keyof typeof NETWORK_METRICS;

/** Regions or providers of an org that have series of their own; the smaller rest is one group. */
export const MOST_GROUPS = 100;
export const OTHER_GROUPS = '(others)';
const STATES = ['up', 'down', 'unknown'] as const;
const LEVELS = ['region', 'provider'] as const;

/** Fills a registry with the figures of some orgs. How many series that makes depends on orgs, regions, providers and rules, not on sites. */
export function fillNetworkMetrics(registry: Registry<OpenMetricsContentType>, orgs: readonly OrgFigures[]): void {
  const gauges = new Map<Metric, Gauge>();
  for (const [name, [help, ...labelNames]] of Object.entries(NETWORK_METRICS))
    gauges.set(name as Metric, new Gauge({ name, help, labelNames, registers: [registry] }));
  const set = (name: Metric, value: number, labels: Readonly<Record<string, string>>): void =>
    gauges.get(name)?.set(labels, value);
  for (const figures of orgs) setOrg(figures, set);
}

type Set = (name: Metric, value: number, labels: Readonly<Record<string, string>>) => void;

function setOrg({ state, alerts, incidents, polls, callsThisHour }: OrgFigures, set: Set): void {
  const org = state.id;
  for (const { key, sites } of bounded(groupsOf(state.sites, 'region')))
    for (const status of HEALTH_STATUSES)
      set('mistwatch_network_sites', sites.filter((site) => site.status === status).length, { org, region: key, status });
  for (const level of LEVELS)
    for (const { key, circuits } of bounded(groupsOf(state.sites, level))) setCircuits(circuits, { org, level, group: key }, set);
  setServiceLevels(state, set);
  const away = state.sites.flatMap(({ circuits }) => circuits).filter(({ failover }) => failover !== null);
  set('mistwatch_network_failovers', away.length, { org });
  for (const { rule, severity, count } of alerts) set('mistwatch_network_alerts', count, { org, rule, severity });
  for (const { severity, acknowledged, count } of incidents)
    set('mistwatch_network_incidents', count, { org, severity, acknowledged: String(acknowledged) });
  for (const { kind, ageSeconds } of polls) set('mistwatch_network_data_age_seconds', ageSeconds, { org, kind });
  set('mistwatch_network_api_calls', callsThisHour, { org });
}

/** The largest groups, and the rest as one. */
function bounded(groups: readonly GroupNow[]): GroupNow[] {
  if (groups.length <= MOST_GROUPS) return [...groups];
  const largestFirst = [...groups].sort((a, b) => b.circuits.length - a.circuits.length || (a.key < b.key ? -1 : 1));
  const rest = largestFirst.slice(MOST_GROUPS - 1);
  return [
    ...largestFirst.slice(0, MOST_GROUPS - 1),
    { key: OTHER_GROUPS, sites: rest.flatMap(({ sites }) => sites), circuits: rest.flatMap(({ circuits }) => circuits) },
  ];
}

type HourFigure = keyof Pick<NonNullable<CircuitNow['hour']>, 'utilizationPct' | 'lossAvg' | 'jitterAvg' | 'latencyAvg'>;
const HOUR_METRICS: readonly (readonly [Metric, HourFigure])[] = [
  ['mistwatch_network_utilization_percent', 'utilizationPct'],
  ['mistwatch_network_loss_percent', 'lossAvg'],
  ['mistwatch_network_jitter_milliseconds', 'jitterAvg'],
  ['mistwatch_network_latency_milliseconds', 'latencyAvg'],
];

function setCircuits(circuits: readonly CircuitNow[], labels: Readonly<Record<string, string>>, set: Set): void {
  for (const state of STATES) {
    const count = circuits.filter((circuit) => circuit.state === state).length;
    set('mistwatch_network_circuits', count, { ...labels, state });
  }
  for (const severity of SEVERITIES) {
    const count = circuits.filter((circuit) => circuit.severity === severity).length;
    set('mistwatch_network_circuits_severity', count, { ...labels, severity });
  }
  for (const [name, figure] of HOUR_METRICS) {
    const values = circuits.flatMap(({ hour }) => hour?.[figure] ?? []);
    // No circuit with a figure is no figure, not zero.
    if (values.length === 0) continue;
    set(name, values.reduce((sum, value) => sum + value, 0) / values.length, { ...labels, stat: 'circuit-mean' });
    set(name, Math.max(...values), { ...labels, stat: 'max' });
  }
}

function setServiceLevels({ id: org, sites }: OrgNow, set: Set): void {
  const counts = new Map<string, Map<string, number>>();
  for (const { metric, severity } of sites.flatMap(({ sle }) => sle)) {
    const bySeverity = counts.get(metric) ?? new Map<string, number>(SEVERITIES.map((each) => [each, 0]));
    counts.set(metric, bySeverity.set(severity, (bySeverity.get(severity) ?? 0) + 1));
  }
  for (const [metric, bySeverity] of counts)
    for (const [severity, count] of bySeverity) set('mistwatch_network_sle_sites', count, { org, metric, severity });
}
