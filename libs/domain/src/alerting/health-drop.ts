import { healthChange } from '../health/history.js';
import type { EpochMs } from '../sample.js';
import type { Observation } from './observations.js';

/** What is known of the health of a site, as of the end of an hour. */
export interface SiteHealth {
  readonly siteId: number;
  readonly siteName: string;
  /** Mean of the last 24 hours, and how many of them have a score. */
  readonly running24h: number | null;
  readonly knownHours: number;
  /** The same of the last whole day. */
  readonly previousDay: number | null;
  readonly previousHours: number;
  /** Score of the newest hour that has one. */
  readonly newest: number | null;
  /** People know that its service levels are bad. */
  readonly isToldAsSle: boolean;
}

/** A mean of fewer hours says more of the time of day than of the site. */
const LEAST_HOURS = 12;

/**
 * Health that fell by more than so many points since the last whole day. It begins only where nobody has told of the service levels, and the
 * newest hour is that bad itself: an outage that is over would otherwise be told a second time, as long as it lies within the 24 hours.
 */
export function observationOfHealth(site: SiteHealth, dropPoints: number, at: EpochMs): Observation {
  const { siteId, siteName, knownHours, previousHours, newest, isToldAsSle } = site;
  const isKnown = knownHours >= LEAST_HOURS && previousHours >= LEAST_HOURS;
  const { running24h, previousDay, isDrop } = healthChange(site.running24h, site.previousDay, dropPoints);
  const isStillBad = healthChange(newest, previousDay, dropPoints).isDrop;
  const begins = isDrop && isStillBad && !isToldAsSle;
  return {
    rule: 'health-drop',
    subject: `site:${siteId}`,
    siteId,
    circuitId: null,
    breached: isKnown ? begins : null,
    holds: isDrop,
    severity: 'warning',
    at,
    details: { siteName, metric: 'health', value: running24h, before: previousDay, threshold: dropPoints },
  };
}
