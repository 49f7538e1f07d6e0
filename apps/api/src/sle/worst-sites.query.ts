import { ApiPropertyOptional } from '@nestjs/swagger';
import { SLE_METRICS, type SleMetric } from '@app/domain';
import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { Type } from 'class-transformer';
import { OptionalTime } from '../http/validation.js';

export const SLE_METRIC_IDS: readonly SleMetric[] = SLE_METRICS.map(({ id }) => id);

export class WorstSitesQuery {
  @ApiPropertyOptional({ enum: SLE_METRIC_IDS, description: 'Metric to rank by.', default: 'time-to-connect' })
  @IsOptional()
  @IsIn([...SLE_METRIC_IDS])
  metric: SleMetric = 'time-to-connect';

  @OptionalTime('Start, RFC 3339; default a day before `to`.')
  from?: string;

  @OptionalTime('End (not included), RFC 3339; default the start of the running hour.')
  to?: string;

  @ApiPropertyOptional({ description: 'Sites, at most 1000.', default: 10, type: Number })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1000)
  limit: number = 10;
}
