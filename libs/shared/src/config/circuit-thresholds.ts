import {
  HOURLY_KPIS,
  resolveThresholds,
  type HourlyKpi,
  type LayeredOverrides,
  type ThresholdOverrides,
  type Thresholds,
} from '@app/domain';
import type { ThresholdSettings } from './thresholds.settings.js';

/** Where a circuit stands, for the overrides that may apply to it; ids as people know them. */
export interface ThresholdSubject {
  readonly orgId: string;
  readonly siteId: string;
  readonly region: string;
  readonly storeType: string | null;
  readonly mac: string;
  readonly portId: string;
}

/** The thresholds of the hourly KPIs that hold for a circuit, by the layers of the configuration. */
export function circuitThresholds(
  settings: ThresholdSettings,
  subject: ThresholdSubject,
): Readonly<Record<HourlyKpi, Thresholds>> {
  const layers = layersOf(settings, subject);
  return Object.fromEntries(HOURLY_KPIS.map((kpi) => [kpi, resolveThresholds(kpi, layers)])) as Record<HourlyKpi, Thresholds>;
}

function layersOf(
  settings: ThresholdSettings,
  { orgId, siteId, region, storeType, mac, portId }: ThresholdSubject,
): LayeredOverrides {
  const ofStoreType = storeType === null ? undefined : settings.storeTypes[storeType];
  const ofCircuit = settings.circuits[`${mac}/${portId}`];
  const ofSite = settings.sites[siteId];
  const ofRegion = settings.regions[region];
  // The configuration's own default stands behind the org and before the built-in numbers.
  const org: ThresholdOverrides = Object.fromEntries(
    HOURLY_KPIS.map((kpi) => [kpi, { ...settings.default[kpi], ...settings.orgs[orgId]?.[kpi] }]),
  );
  return {
    ...(ofCircuit === undefined ? {} : { circuit: ofCircuit }),
    ...(ofSite === undefined ? {} : { site: ofSite }),
    ...(ofStoreType === undefined ? {} : { storeType: ofStoreType }),
    ...(ofRegion === undefined ? {} : { region: ofRegion }),
    org,
  };
}
