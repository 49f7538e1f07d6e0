export * from './sample.js';
export * from './circuit.js';
export * from './preferred-role.js';
export * from './severity.js';
export * from './region.js';
export * from './time/bucket.js';
export * from './time/window.js';
export * from './time/spans.js';
export * from './kpi/input.js';
export * from './kpi/facts.js';
export * from './kpi/timeline.js';
export * from './kpi/path-hours.js';
export * from './kpi/path-health.js';
export * from './kpi/distribution.js';
export * from './kpi/utilization.js';
export {
  EMPTY_QUALITY,
  percentileCont,
  qualityOf,
  worstOfPaths,
  type QualityReading,
  type QualityValues,
} from './kpi/quality.js';
export type { TransitionSource } from './kpi/state.js';
export * from './kpi/kpi.js';
export * from './kpi/catalogue.js';
export * from './kpi/availability.js';
export * from './kpi/availability-net.js';
export * from './kpi/outages.js';
export * from './kpi/streak.js';
export { MASK_HOURS, streakOfMask } from './kpi/streak-mask.js';
export * from './kpi/summary.js';
export {
  hourlyValue,
  streakOver,
  type FoldableHour,
  type HoursAbove,
  type QualityKpis,
  type QualityWindow,
  type UtilizationWindow,
  type WindowKpis,
} from './kpi/window-kpis.js';
export * from './kpi/sketch.js';
export * from './rollup/state.js';
export { stretchOfHours, type ThresholdsByKpi } from './rollup/hours.js';
export {
  kpisOfPool,
  kpisOfStretch,
  NO_PERCENTILES,
  percentilesOfSorted,
  possibleMsOf,
  QUALITY_METRICS,
  windowKpis,
  type KpisFrame,
  type Percentiles,
  type QualityMetric,
  type SketchAt,
  type SketchedP95,
} from './rollup/kpis.js';
export { SlidingWindows, slidingWindows, slidingWindowsOf, type WindowEnd } from './rollup/sliding.js';
export * from './thresholds/defaults.js';
export * from './thresholds/threshold.js';
export * from './thresholds/resolve.js';
export * from './sle/metrics.js';
export * from './sle/score.js';
export * from './sle/classifier.js';
export * from './sle/insight.js';
export * from './sle/history.js';
export * from './comparison/compare.js';
export * from './failover/index.js';
export * from './health/status.js';
export * from './health/wan.js';
export * from './health/score.js';
export * from './health/history.js';
export * from './health/reachability.js';
export * from './health/stretches.js';
export * from './trend/day-over-day.js';
export * from './trend/metrics.js';
export * from './trend/windows.js';
export * from './trend/assemble.js';
export * from './trend/condition.js';
export * from './ranking/offenders.js';
export * from './report/index.js';
export * from './alerting/index.js';
export * from './export/index.js';
