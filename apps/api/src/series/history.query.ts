import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { IsTime } from '../http/validation.js';
import { GRAIN_CHOICES, MAX_POINTS, type GrainChoice } from './grain.js';

/** A period and the width of its points. */
export class HistoryQuery {
  @ApiPropertyOptional({ description: 'Start, RFC 3339; default 24 h before `to`.', type: String })
  @IsOptional()
  @IsTime()
  from?: string;

  @ApiPropertyOptional({ description: 'End (not included), RFC 3339; default the start of the running hour.', type: String })
  @IsOptional()
  @IsTime()
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
