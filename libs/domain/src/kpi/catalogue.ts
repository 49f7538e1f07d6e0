import type { Kpi } from './kpi.js';

/** Every WAN KPI that carries thresholds. A new one starts here; `DEFAULT_THRESHOLDS` then insists on its numbers. */
export const KPIS = [
  { id: 'utilization', title: 'Utilization', unit: '%', worse: 'higher', smallestStep: 2 },
  { id: 'loss', title: 'Packet loss', unit: '%', worse: 'higher', smallestStep: 0.05 },
  { id: 'jitter', title: 'Jitter', unit: 'ms', worse: 'higher', smallestStep: 1 },
  { id: 'latency', title: 'Latency', unit: 'ms', worse: 'higher', smallestStep: 2 },
  { id: 'availability', title: 'Availability', unit: '%', worse: 'lower', smallestStep: 0 },
  { id: 'flaps', title: 'Flaps', unit: '', worse: 'higher', smallestStep: 1 },
] as const satisfies readonly Kpi[];

export type KpiId = (typeof KPIS)[number]['id'];

const BY_ID = new Map<string, Kpi>(KPIS.map((kpi) => [kpi.id, kpi]));

export const isKpiId = (id: string): id is KpiId => BY_ID.has(id);

export const kpiOf = (id: KpiId): Kpi => {
  const kpi = BY_ID.get(id);
  if (kpi === undefined) throw new RangeError(`There is no KPI "${id}"; known are ${[...BY_ID.keys()].join(', ')}.`);
  return kpi;
};

/** KPIs whose time above threshold is kept by the hour. */
export const HOURLY_KPIS = ['utilization', 'loss', 'jitter', 'latency'] as const satisfies readonly KpiId[];
export type HourlyKpi = (typeof HOURLY_KPIS)[number];
