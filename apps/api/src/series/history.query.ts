import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { OptionalTime } from '../http/validation.js';
import { GRAIN_CHOICES, MAX_POINTS, type GrainChoice } from './grain.js';

/** A period and the width of its points. */
export class HistoryQuery {
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
}
