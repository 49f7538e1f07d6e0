/** Points of health lost within a day that are worth telling. */
export const HEALTH_DROP_POINTS = 10;

/** Health of the running day against the day before it. */
export interface HealthChange {
  readonly running24h: number | null;
  readonly previousDay: number | null;
  /** Points lost; negative when it got better; null without one of the two. */
  readonly lostPoints: number | null;
  readonly isDrop: boolean;
}

/** Mean of the hours that have a score; null when none has. */
export const meanHealth = (hours: readonly (number | null)[]): number | null => {
  const known = hours.filter((score): score is number => score !== null);
  return known.length === 0 ? null : known.reduce((sum, score) => sum + score, 0) / known.length;
};

/** Compares the mean of the last 24 hours with the day before: a fall of more than 10 points is a drop. */
export const healthChange = (
  running24h: number | null,
  previousDay: number | null,
  dropPoints = HEALTH_DROP_POINTS,
): HealthChange => {
  const lostPoints = running24h === null || previousDay === null ? null : Math.round((previousDay - running24h) * 1e9) / 1e9;
  return { running24h, previousDay, lostPoints, isDrop: lostPoints !== null && lostPoints > dropPoints };
};
