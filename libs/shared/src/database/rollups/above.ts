import { HOURLY_KPIS, LEVELS, perThreshold, streakOfMask, type Above, type Streak } from '@app/domain';

/** Thresholds of a circuit, in the order in which stored arrays have them: by KPI, then by level. */
export const THRESHOLD_PLACES = HOURLY_KPIS.flatMap((kpi) => LEVELS.map((level) => ({ kpi, level })));
const PLACES = THRESHOLD_PLACES.length;
const PARTS = 4;

const placeOf = perThreshold((kpi, level) => THRESHOLD_PLACES.findIndex((place) => place.kpi === kpi && place.level === level));

/**
 * The streaks of a stored circuit row, in stored order. A day has one mask per threshold, a week or month prefix, suffix, longest and total.
 * `hours` = hours that start in the stretch.
 */
export function streaksOfStored(above: readonly number[], hours: number): Streak[] {
  if (above.length === PLACES) return above.map((mask) => streakOfMask(mask, hours));
  if (above.length !== PLACES * PARTS)
    throw new RangeError(
      `Stored hours above thresholds should be ${PLACES} masks or ${PLACES * PARTS} numbers, not ${above.length}.`,
    );
  return THRESHOLD_PLACES.map((_, i) => {
    const [prefix = 0, suffix = 0, longest = 0, total = 0] = above.slice(i * PARTS, (i + 1) * PARTS);
    return { length: hours, prefix, suffix, longest, total };
  });
}

/** `streaksOfStored` of an array as Postgres writes it, `{...}` or bare. */
export const streaksOfText = (above: string, hours: number): Streak[] =>
  streaksOfStored((above.startsWith('{') ? above.slice(1, -1) : above).split(',').map(Number), hours);

/** `streaksOfText` by KPI and level. */
export function aboveOfText(above: string, hours: number): Above {
  const streaks = streaksOfText(above, hours);
  return perThreshold((kpi, level) => {
    const streak = streaks[placeOf[kpi][level]];
    if (streak === undefined) throw new RangeError(`A stored row has no streak of ${kpi} at ${level}.`);
    return streak;
  });
}
