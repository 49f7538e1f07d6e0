import {
  HOURLY_KPIS,
  resolveThresholds,
  type HourlyKpi,
  type LayeredOverrides,
  type ThresholdMetric,
  type ThresholdOverrides,
  type Thresholds,
} from '@app/domain';
import { orgSettingsOf } from './org.settings.js';
import type { Settings } from './settings.js';

/** The part of the settings that thresholds come from. */
export type ThresholdSource = Pick<Settings, 'thresholds' | 'orgs'>;

/** Where something stands, for the overrides that may apply to it; ids as people know them. `null` = nowhere in that layer. */
export interface ThresholdSubject {
  readonly orgId: string;
  readonly siteId: string | null;
  readonly region: string | null;
  readonly storeType: string | null;
  readonly mac: string | null;
  readonly portId: string | null;
}

/** A whole organization: none of the nearer layers applies. */
export const orgSubject = (orgId: string): ThresholdSubject => ({
  orgId,
  siteId: null,
  region: null,
  storeType: null,
  mac: null,
  portId: null,
});

export type CircuitThresholds = Readonly<Record<HourlyKpi, Thresholds>>;

/** The thresholds of the hourly KPIs that hold for a circuit, by the layers of the configuration. */
export const circuitThresholds = (source: ThresholdSource, subject: ThresholdSubject): CircuitThresholds => {
  const layers = thresholdLayers(source, subject);
  return Object.fromEntries(HOURLY_KPIS.map((kpi) => [kpi, resolveThresholds(kpi, layers)])) as Record<HourlyKpi, Thresholds>;
};

/** `circuitThresholds` of many: circuits that share their place in all layers, as nearly all do, share the answer. */
export function thresholdsByPlace(source: ThresholdSource): (subject: ThresholdSubject) => CircuitThresholds {
  const { circuits, sites } = source.thresholds;
  const known = new Map<string, CircuitThresholds>();
  return (subject) => {
    const { orgId, siteId, region, storeType, mac, portId } = subject;
    if (circuits[`${mac ?? ''}/${portId ?? ''}`] !== undefined) return circuitThresholds(source, subject);
    const place = JSON.stringify([orgId, region, storeType, sites[siteId ?? ''] === undefined ? null : siteId]);
    const found = known.get(place) ?? circuitThresholds(source, subject);
    known.set(place, found);
    return found;
  };
}

/** The thresholds of any metric that hold for a circuit, a site, a region ... */
export const thresholdsOf = (source: ThresholdSource, metric: ThresholdMetric, subject: ThresholdSubject): Thresholds =>
  resolveThresholds(metric, thresholdLayers(source, subject));

/** The overrides that apply to a subject, layer by layer: the one way from the configuration to thresholds. */
export function thresholdLayers(source: ThresholdSource, subject: ThresholdSubject): LayeredOverrides {
  const { orgId, siteId, region, storeType, mac, portId } = subject;
  const { thresholds } = source;
  return {
    ...layer('circuit', mac === null || portId === null ? undefined : thresholds.circuits[`${mac}/${portId}`]),
    ...layer('site', siteId === null ? undefined : thresholds.sites[siteId]),
    ...layer('storeType', storeType === null ? undefined : thresholds.storeTypes[storeType]),
    ...layer('region', region === null ? undefined : thresholds.regions[region]),
    org: orgOverrides(source, orgId),
  };
}

/** The configuration's own default stands behind the org and before the built-in numbers; an org found out from its token has the entry of `auto`. */
function orgOverrides({ thresholds, orgs }: ThresholdSource, orgId: string): ThresholdOverrides {
  const own = thresholds.orgs[orgId] ?? thresholds.orgs[orgSettingsOf({ orgs }, orgId)?.id ?? ''] ?? {};
  const metrics = Object.keys({ ...thresholds.default, ...own }) as ThresholdMetric[];
  return Object.fromEntries(metrics.map((metric) => [metric, { ...thresholds.default[metric], ...own[metric] }]));
}

const layer = <K extends string>(name: K, overrides: ThresholdOverrides | undefined): Partial<Record<K, ThresholdOverrides>> =>
  overrides === undefined ? {} : ({ [name]: overrides } as Record<K, ThresholdOverrides>);
