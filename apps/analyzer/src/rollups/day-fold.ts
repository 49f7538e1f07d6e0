import { HOUR_MS, HOURLY_KPIS, percentileCont, QUALITY_METRICS } from '@app/domain';
import { copyInstant, numbersLiteral, THRESHOLD_PLACES, type CopyCursor } from '@app/shared';
import { instant } from '../facts/sql-time.js';
import { SUMS_OF_HOURS } from './columns.js';
import { readSums, type Sums } from './sums.js';
import type { Place, Stretch, Worklist } from './worklist.js';

/** The hours of one stretch of a day, folded. */
export interface StretchFold {
  readonly stretch: Stretch;
  readonly place: Place;
  /** Some hours are at another site than the place's. */
  readonly isElsewhere: boolean;
  /** Hours made of samples whose quality was measured: they had sketches once. */
  readonly sampled: number;
  readonly sums: Sums;
  /** Hourly utilization, by hour. */
  readonly values: readonly number[];
  readonly utilP95: number;
  /** Hours of each metric that were measured; of a single one its p95. */
  readonly measured: readonly number[];
  readonly onlyP95: readonly number[];
  /** Hours above each threshold, in stored order: one bit for each, the first hour of the stretch lowest. */
  readonly masks: readonly number[];
}

/** Thresholds of one KPI lie together, and KPIs in their order. */
const LEVELS_OF_ONE = THRESHOLD_PLACES.length / HOURLY_KPIS.length;
const VALUES = HOURLY_KPIS.map((kpi) => (kpi === 'utilization' ? 'utilization_pct' : `${kpi}_avg`));
const LEAST = HOURLY_KPIS.map((kpi) => `least_${kpi}`);

/** What is read of a stretch, in the order of `foldOf`. */
const AGGREGATES = [
  'bool_or(site_id <> p.site_id)',
  `count(*) filter (where source = 'samples' and ${QUALITY_METRICS.map((metric) => `${metric}_count`).join(' + ')} > 0)`,
  ...SUMS_OF_HOURS,
  'array_agg(utilization_pct) filter (where utilization_pct is not null)',
  ...QUALITY_METRICS.map((metric) => `count(*) filter (where ${metric}_count > 0)`),
  ...QUALITY_METRICS.map((metric) => `max(${metric}_p95) filter (where ${metric}_count > 0)`),
  // Few hours are above any threshold: their values come as they are.
  `array_agg(array[date_part('epoch', hour) * 1000, ${VALUES.join(', ')}])
     filter (where ${VALUES.map((value, kpi) => `${value} >= p.${LEAST[kpi]}`).join(' or ')})`,
];

type FoldWork = Pick<Worklist, 'stretches' | 'places'>;

/**
 * Folds the hours of each stretch where they are stored: to bring them all here and add them up costs both sides more. The hours go in by time, for
 * what fractions add up to depends on the order. That order, asked for where nothing may be sorted, also leaves no index but the key: a planner whose
 * statistics know other organizations alone would go through all hours of a day for each of its circuits.
 */
export function stretchesSql(orgId: number, { stretches, places }: FoldWork): string {
  const of = (pick: (stretch: Stretch) => number): string => numbersLiteral(stretches.map(pick), 'float8');
  const ofPlace = (pick: (place: Place) => number): string => numbersLiteral(places.map(pick), 'float8');
  const [first, last] = stretches.reduce(
    ([low, high], { from, to }) => [Math.min(low, from), Math.max(high, to)],
    [Infinity, -Infinity],
  );
  return `
    select h.* from unnest(${of(({ circuitId }) => circuitId)}, ${of(({ from }) => from)}, ${of(({ to }) => to)}, ${of(({ place }) => place)})
      with ordinality as s (circuit_id, lower, upper, place, i)
    join unnest(${ofPlace(({ siteId }) => siteId)}, ${HOURLY_KPIS.map((_, kpi) => ofPlace((place) => leastOf(place, kpi))).join(', ')})
      with ordinality as p (site_id, ${LEAST.join(', ')}, i) on p.i = s.place + 1
    cross join lateral (select s.i::int - 1, ${AGGREGATES.join(', ')} from (
      select * from circuit_hour where org_id = ${orgId} and (circuit_id, hour) >= (s.circuit_id::int, ${instant('s.lower')})
        and (circuit_id, hour) < (s.circuit_id::int, ${instant('s.upper')}) and hour >= ${instant('s.lower')} and hour < ${instant('s.upper')}
        and hour >= ${copyInstant(first)} and hour < ${copyInstant(last)} order by circuit_id, hour) c having count(*) > 0) h`;
}

/** Below it a value is above no threshold. */
const leastOf = ({ least }: Place, kpi: number): number =>
  Math.min(...least.slice(kpi * LEVELS_OF_ONE, (kpi + 1) * LEVELS_OF_ONE));

/** A row of `stretchesSql`: the place of its stretch in the list, and its fold. */
export function foldOf(row: CopyCursor, { stretches, places }: FoldWork): { readonly i: number; readonly fold: StretchFold } {
  const i = row.int4();
  const stretch = stretches[i];
  const place = places[stretch?.place ?? -1];
  if (stretch === undefined || place === undefined)
    throw new RangeError(`Hours were folded of stretch ${i}, which nobody asked for.`);
  const isElsewhere = row.bool() === true;
  const sampled = row.int8();
  const sums = readSums(row);
  const values = row.numbers();
  const fold = {
    stretch,
    place,
    isElsewhere,
    sampled,
    sums,
    values,
    utilP95: percentileCont(values, 0.95) ?? Number.NaN,
    measured: QUALITY_METRICS.map(() => row.int8()),
    onlyP95: QUALITY_METRICS.map(() => row.float8()),
    masks: masksOf(row.numbers(), stretch, place),
  };
  return { i, fold };
}

/** `above` has an instant and a value of each KPI for each hour in which one is above. */
function masksOf(above: readonly number[], { from }: Stretch, { least }: Place): number[] {
  const masks = least.map(() => 0);
  const firstHour = Math.ceil(from / HOUR_MS) * HOUR_MS;
  for (let at = 0; at < above.length; at += 1 + HOURLY_KPIS.length) {
    const bit = 1 << (((above[at] ?? firstHour) - firstHour) / HOUR_MS);
    for (let i = 0; i < masks.length; i++)
      if ((above[at + 1 + Math.floor(i / LEVELS_OF_ONE)] ?? Number.NaN) >= (least[i] ?? Infinity))
        masks[i] = (masks[i] ?? 0) | bit;
  }
  return masks;
}
