import { ApiPropertyOptional } from '@nestjs/swagger';
import { HOURLY_KPIS } from '@app/domain';
import { IsIn, IsOptional, Matches } from 'class-validator';
import { invalid } from '../http/problem.js';
import { IsPlainText, OptionalTime } from '../http/validation.js';
import { GRAIN_CHOICES, MAX_POINTS, type GrainChoice } from './grain.js';
import { POINT_GROUPS, type ExtraThresholds, type PointGroup } from './cell.js';

const MAX_EXTRA_THRESHOLDS = 20;

class MetricsQuery {
  @ApiPropertyOptional({
    description: `Groups of fields, separated by commas: ${POINT_GROUPS.join(', ')}. Default all.`,
    type: String,
    example: 'utilization,above',
  })
  @IsOptional()
  @IsPlainText(200)
  metrics?: string;

  @ApiPropertyOptional({ description: 'Further thresholds for `above`, e.g. utilization:60,latency:20.', type: String })
  @IsOptional()
  @Matches(/^(utilization|loss|jitter|latency):\d{1,9}(\.\d{1,9})?(,(utilization|loss|jitter|latency):\d{1,9}(\.\d{1,9})?)*$/, {
    message: `above must be pairs such as utilization:60,latency:20 of ${HOURLY_KPIS.join(', ')}`,
  })
  above?: string;
}

export class SeriesQuery extends MetricsQuery {
  @OptionalTime('Start, RFC 3339; default 24 h before `to`.')
  from?: string;

  @OptionalTime('End (not included), RFC 3339; default the start of the running hour.')
  to?: string;

  @ApiPropertyOptional({
    enum: GRAIN_CHOICES,
    description: `\`auto\` is the finest with at most ${String(MAX_POINTS)} points.`,
    default: 'auto',
  })
  @IsOptional()
  @IsIn(GRAIN_CHOICES)
  grain: GrainChoice = 'auto';

  @ApiPropertyOptional({ description: 'Instead of `from`: so many hours before `to`, e.g. 3h, 24h.', type: String })
  @IsOptional()
  @Matches(/^[1-9]\d{0,3}h$/, { message: 'window must be hours such as 24h' })
  window?: string;
}

export class WindowsQuery extends MetricsQuery {
  @OptionalTime('End of the windows, RFC 3339; default now. The running hour is left out.')
  end?: string;

  @ApiPropertyOptional({ description: 'Lengths in whole hours.', default: '3,12,24', type: String })
  @IsOptional()
  @Matches(/^[1-9]\d{0,3}(,[1-9]\d{0,3}){0,19}$/, { message: 'hours must be whole numbers separated by commas, such as 3,12,24' })
  hours: string = '3,12,24';
}

/** The groups of fields asked for. */
export function metricsOf(text: string | undefined): ReadonlySet<PointGroup> {
  if (text === undefined) return new Set(POINT_GROUPS);
  const asked = text.split(',').map((name) => name.trim());
  const unknown = asked.filter((name) => !(POINT_GROUPS as readonly string[]).includes(name));
  if (unknown.length > 0) throw invalid('metrics', `metrics must be of ${POINT_GROUPS.join(', ')}`);
  return new Set(POINT_GROUPS.filter((metric) => asked.includes(metric)));
}

/** The thresholds a caller added. */
export function extraThresholdsOf(text: string | undefined): ExtraThresholds {
  const pairs = text === undefined ? [] : text.split(',').map((pair) => pair.split(':'));
  if (pairs.length > MAX_EXTRA_THRESHOLDS)
    throw invalid('above', `above may name at most ${String(MAX_EXTRA_THRESHOLDS)} thresholds`);
  const of = (kpi: string): number[] => pairs.filter(([name]) => name === kpi).map(([, value]) => Number(value));
  return { utilization: of('utilization'), loss: of('loss'), jitter: of('jitter'), latency: of('latency') };
}

const MAX_WINDOW_HOURS = 9600;
const MAX_WINDOWS = 20;

/** Lengths of the windows asked for. */
export function windowHoursOf(text: string): number[] {
  const hours = text.split(',').map(Number);
  if (hours.length > MAX_WINDOWS || hours.some((each) => each > MAX_WINDOW_HOURS)) {
    throw invalid('hours', `hours may name at most ${String(MAX_WINDOWS)} lengths of at most ${String(MAX_WINDOW_HOURS)}`);
  }
  return hours;
}
