import { DAY_MS } from '../../time/bucket.js';
import { SLE_METRICS, type SleMetric } from '../../sle/metrics.js';
import type { SlePeriod } from '../../sle/history.js';
import { DEFAULT_THRESHOLDS } from '../../thresholds/defaults.js';
import type { CarrierModel, CircuitPeriod, PeriodScope, SitePeriodScores, SlePeriodModel, WanPeriodModel } from './model.js';
import { addWanSums, NO_WAN_SUMS, type WanSums } from './sums.js';

const FROM = Date.UTC(2026, 2, 2);
const DAYS = 7;
const HOUR_MS = 3_600_000;
const REGIONS = ['North', 'South', 'West', 'Überland & <Ost>'];
const PROVIDERS = ['Example Telecom', 'Sample Fibre', 'Test Wireless'];
const SITES = ['Alder Street', 'Birch Lane', 'Cedar Park', 'Dogwood Mall', 'Elm Square', 'Fir Hill', 'Größe 東京', 'Hazel Court'];

/** Numbers that look like chance and are always the same. */
const chance = (seed: number): number => {
  const wave = Math.sin(seed * 12.9898) * 43_758.5453;
  return wave - Math.floor(wave);
};

export const SAMPLE_SCOPE: PeriodScope = {
  org: { id: 'org-1', name: 'Example Retail' },
  period: { from: FROM, to: FROM + DAYS * DAY_MS },
  before: { from: FROM - DAYS * DAY_MS, to: FROM },
  zone: 'UTC',
  days: Array.from({ length: DAYS }, (_, i) => new Date(FROM + i * DAY_MS).toISOString().slice(0, 10)),
  region: null,
  site: null,
};

function sumsOf(seed: number, hours: number): WanSums {
  const downMs = chance(seed) < 0.4 ? Math.round(chance(seed + 1) * 0.03 * hours * HOUR_MS) : 0;
  const maintenanceDownMs = chance(seed + 2) < 0.3 ? Math.round(downMs / 2) : 0;
  const utilization = 15 + chance(seed + 3) * 60;
  const samples = hours * 12;
  const quality = (mean: number) => ({ count: samples, sum: mean * samples, worstDayP95: mean * 2.5 });
  return {
    ...NO_WAN_SUMS,
    hours,
    upMs: hours * HOUR_MS - downMs - (chance(seed + 4) < 0.2 ? hours * 0.01 * HOUR_MS : 0),
    downMs,
    maintenanceMs: maintenanceDownMs * 2,
    maintenanceUpMs: maintenanceDownMs,
    maintenanceDownMs,
    utilWeightMs: hours * HOUR_MS,
    utilSum: utilization * hours * HOUR_MS,
    utilMax: Math.min(100, utilization * 1.7),
    flaps: downMs === 0 ? 0 : 2 + Math.floor(chance(seed + 5) * 9),
    quality: {
      latency: quality(12 + chance(seed + 6) * 40),
      jitter: quality(1 + chance(seed + 7) * 6),
      loss: quality(chance(seed + 8) * 0.6),
    },
  };
}

const pick = <T>(list: readonly T[], index: number, other: T): T => list[index % list.length] ?? other;

const CIRCUITS: readonly CircuitPeriod[] = SITES.flatMap((siteName, i) =>
  ['main', 'backup'].map((name, j): CircuitPeriod => ({
    id: `02000000010${String(i)}:ge-0/0/${String(j)}`,
    name: `${name} line`,
    siteId: `site-${String(i + 1)}`,
    siteName,
    region: pick(REGIONS, i, 'North'),
    provider: pick(PROVIDERS, i + j, 'Example Telecom'),
    sums: sumsOf(i * 31 + j * 7 + 1, DAYS * 24),
  })),
);

export const SAMPLE_WAN: WanPeriodModel = {
  ...SAMPLE_SCOPE,
  circuits: CIRCUITS,
  beforeSums: CIRCUITS.map((_, i) => sumsOf(i + 400, DAYS * 24)).reduce(addWanSums, NO_WAN_SUMS),
  daySums: SAMPLE_SCOPE.days.map((_, i) => CIRCUITS.map((_circuit, j) => sumsOf(i * 97 + j, 24)).reduce(addWanSums, NO_WAN_SUMS)),
  failovers: SITES.slice(0, 4).map((siteName, i) => ({
    siteId: `site-${String(i + 1)}`,
    siteName,
    count: 4 - i,
    durationMs: (4 - i) * 1.5 * HOUR_MS,
  })),
  incidents: [
    { severity: 'critical', opened: 3, resolved: 3, meanDurationMs: 1.6 * HOUR_MS },
    { severity: 'major', opened: 11, resolved: 9, meanDurationMs: 4.2 * HOUR_MS },
  ],
};

const scoreOf = (seed: number): SlePeriod => {
  const score = 0.72 + chance(seed) * 0.28;
  return { hours: 168, weighedHours: 168, weight: 10_000, weighedSum: score * 10_000, plainSum: 0 };
};
const scores = (seed: number): Readonly<Partial<Record<SleMetric, SlePeriod>>> =>
  Object.fromEntries(SLE_METRICS.map(({ id }, i) => [id, scoreOf(seed * 17 + i)]));

export const SAMPLE_SLE: SlePeriodModel = {
  ...SAMPLE_SCOPE,
  sites: SITES.map((name, i): SitePeriodScores => ({
    id: `site-${String(i + 1)}`,
    name,
    region: pick(REGIONS, i, 'North'),
    now: scores(i),
    before: scores(i + 50),
  })),
  daily: Object.fromEntries(
    SLE_METRICS.map(({ id }, i) => [
      id,
      SAMPLE_SCOPE.days.map((_, day) => (day === 3 ? null : 0.8 + chance(i * 11 + day) * 0.19)),
    ]),
  ),
  limits: Object.fromEntries(SLE_METRICS.map(({ id }) => [id, DEFAULT_THRESHOLDS[id]])),
};

export const SAMPLE_CARRIER: CarrierModel = {
  ...SAMPLE_WAN,
  contracts: {
    'Example Telecom': { availabilityPct: 99.5, latencyMs: 40, jitterMs: 10, lossPct: 0.5 },
    'Sample Fibre': { availabilityPct: 99.95 },
  },
  outages: CIRCUITS.filter(({ sums }) => sums.downMs > 0).map(({ id, name, siteName, provider, sums }, i) => ({
    circuitId: id,
    circuitName: name,
    siteName,
    provider,
    start: FROM + (i + 1) * 9 * HOUR_MS,
    end: FROM + (i + 1) * 9 * HOUR_MS + sums.downMs,
    upAgainAt: i === 1 ? null : FROM + (i + 1) * 9 * HOUR_MS + sums.downMs,
    downMs: sums.downMs,
    maintenanceMs: sums.maintenanceDownMs,
  })),
};
