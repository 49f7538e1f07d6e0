import type { AlertRule } from '../alerting/alert.js';
import type { BreachObservation } from '../alerting/transition.js';
import type { EpochMs } from '../sample.js';
import { type Severity, worst } from '../severity.js';
import type { Trend } from './day-over-day.js';

/** A worsening is told when two windows in a row show it, and ends after two that do not. */
export const TREND_ALERT_RULE: AlertRule = {
  forMs: 0,
  fireAfterBad: 2,
  clearForMs: 0,
  clearAfterGood: 2,
  flapTransitions: 0,
  flapWindowMs: 60 * 60_000,
};

/**
 * Whether a trend is something to worry about: worsening is a warning, and as bad as the figure itself where that is worse. What cannot be
 * compared is unknown, so it neither raises an alert nor ends one.
 */
export const trendCondition = (trend: Pick<Trend, 'direction'>, at: EpochMs, severityNow: Severity): BreachObservation => ({
  at,
  breached: trend.direction === 'no_baseline' || trend.direction === 'no_data' ? null : trend.direction === 'worsening',
  severity: worst(['warning', severityNow]),
});
