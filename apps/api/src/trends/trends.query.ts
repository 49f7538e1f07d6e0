import { ApiPropertyOptional } from '@nestjs/swagger';
import { isWanTrendMetric, TREND_SPANS, WAN_TREND_METRICS, type TrendMetricId, type TrendSpan } from '@app/domain';
import { WAN_TREND_LEVELS } from '@app/shared';
import { IsIn, IsOptional, Matches } from 'class-validator';
import { PageQuery } from '../http/paging.js';
import { invalid } from '../http/problem.js';
import { IsPlainText, OptionalTime } from '../http/validation.js';
import { SLE_METRIC_IDS } from '../sle/worst-sites.query.js';

export const TREND_LEVELS = [...WAN_TREND_LEVELS, 'sle'] as const;
export type TrendLevel = (typeof TREND_LEVELS)[number];
const DIRECTIONS = ['worsening', 'improving', 'stable', 'no_baseline', 'no_data'] as const;

export const WAN_TREND_IDS: readonly TrendMetricId[] = WAN_TREND_METRICS.map(({ id }) => id);

/** Longest window in hours: two weeks against each other. */
const MAX_WINDOW_HOURS = 168;

/** Which windows are compared. */
export class TrendWindowQuery extends PageQuery {
  @OptionalTime('End of the window, RFC 3339; default now. The running hour is left out.')
  end?: string;

  @ApiPropertyOptional({
    description: 'Instead of `end`: a calendar day of the reporting time zone, e.g. 2026-03-01.',
    type: String,
  })
  @IsOptional()
  @Matches(/^\d{4}-\d{2}-\d{2}$/, { message: 'day must be a date such as 2026-03-01' })
  day?: string;

  @ApiPropertyOptional({
    description: `Length in whole hours, at most ${String(MAX_WINDOW_HOURS)}h.`,
    default: '24h',
    type: String,
  })
  @IsOptional()
  @Matches(/^[1-9]\d{0,2}h$/, { message: 'window must be hours such as 24h' })
  window: string = '24h';

  @ApiPropertyOptional({ enum: TREND_SPANS, description: 'The same window a day or a week before.', default: 'day' })
  @IsOptional()
  @IsIn(TREND_SPANS)
  against: TrendSpan = 'day';
}

export class TrendsQuery extends TrendWindowQuery {
  @ApiPropertyOptional({ enum: TREND_LEVELS, default: 'circuit' })
  @IsOptional()
  @IsIn(TREND_LEVELS)
  level: TrendLevel = 'circuit';

  @ApiPropertyOptional({ enum: [...WAN_TREND_IDS, ...SLE_METRIC_IDS], description: 'One metric; default all of the level.' })
  @IsOptional()
  @IsIn([...WAN_TREND_IDS, ...SLE_METRIC_IDS])
  metric?: TrendMetricId;

  @ApiPropertyOptional({ enum: DIRECTIONS })
  @IsOptional()
  @IsIn(DIRECTIONS)
  direction?: (typeof DIRECTIONS)[number];

  @ApiPropertyOptional({ description: 'Id of a site; levels circuit, site and sle.', type: String })
  @IsOptional()
  @IsPlainText()
  site?: string;

  @ApiPropertyOptional({ description: 'Name of a region; level region.', type: String })
  @IsOptional()
  @IsPlainText()
  region?: string;
}

/** Hours of the window asked for. */
export function windowHoursOf({ window }: TrendWindowQuery): number {
  const hours = Number(window.slice(0, -1));
  if (hours > MAX_WINDOW_HOURS) throw invalid('window', `window must be at most ${String(MAX_WINDOW_HOURS)}h`);
  return hours;
}

/** Metrics of a level, or the one asked for; what does not fit together is told. */
export function metricsOf({ level, metric, site, region }: TrendsQuery): readonly TrendMetricId[] {
  const isSle = level === 'sle';
  if (metric !== undefined && isWanTrendMetric(metric) === isSle)
    throw invalid(
      'metric',
      isSle ? `metric must be a service level, such as coverage` : `metric must be one of ${WAN_TREND_IDS.join(', ')}`,
    );
  if (region !== undefined && level !== 'region') throw invalid('region', 'region goes with level=region');
  if (site !== undefined && (level === 'region' || level === 'org'))
    throw invalid('site', 'site goes with level=circuit, level=site and level=sle');
  if (metric !== undefined) return [metric];
  return isSle ? SLE_METRIC_IDS : WAN_TREND_IDS;
}
