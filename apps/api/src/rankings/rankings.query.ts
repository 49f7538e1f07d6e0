import { ApiPropertyOptional, ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { IsPlainText, OptionalTime } from '../http/validation.js';
import { MEMBER_KINDS, type MemberKind } from './period-source.js';
import { PERIOD_HELP } from './period.js';
import { RANKED_BY, STATS, type RankedBy, type Stat } from './ranking.js';

export const MAX_TOP = 1000;

/** Which period, and what of it. */
export class PeriodQuery {
  @OptionalTime('Start, RFC 3339.')
  from?: string;

  @OptionalTime('End (not included), RFC 3339; default the start of the running hour.')
  to?: string;

  @ApiPropertyOptional({ description: PERIOD_HELP, type: String, example: '13m' })
  @IsOptional()
  @IsPlainText(10)
  period?: string;

  @ApiPropertyOptional({ description: 'Only what belonged to this region at the time.', type: String })
  @IsOptional()
  @IsPlainText()
  region?: string;

  @ApiPropertyOptional({ description: 'Only what was at this site at the time.', type: String })
  @IsOptional()
  @IsPlainText()
  site?: string;

  @ApiPropertyOptional({ description: 'Only what this provider carried at the time.', type: String })
  @IsOptional()
  @IsPlainText()
  provider?: string;

  @ApiPropertyOptional({ description: 'Only what was at a site of this store type at the time.', type: String })
  @IsOptional()
  @IsPlainText()
  store_type?: string;
}

export class RankingsQuery extends PeriodQuery {
  @ApiProperty({ enum: RANKED_BY })
  @IsIn(RANKED_BY)
  by!: RankedBy;

  @ApiPropertyOptional({ enum: MEMBER_KINDS, default: 'circuits' })
  @IsOptional()
  @IsIn(MEMBER_KINDS)
  of: MemberKind = 'circuits';

  @ApiPropertyOptional({
    enum: STATS,
    description:
      'Figure of the period: of utilization `max` (default; the highest hour) or `avg`, of loss, jitter and latency `p95` (default), `avg` or `max`.',
  })
  @IsOptional()
  @IsIn(STATS)
  stat?: Stat;

  @ApiPropertyOptional({ description: `Ranks shown, at most ${String(MAX_TOP)}.`, default: 10, type: Number })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_TOP)
  top: number = 10;
}

export class OffendersQuery extends PeriodQuery {
  @ApiProperty({ enum: RANKED_BY.filter((by) => by !== 'failovers') })
  @IsIn(RANKED_BY.filter((by) => by !== 'failovers'))
  by!: Exclude<RankedBy, 'failovers'>;

  @ApiPropertyOptional({ enum: MEMBER_KINDS, default: 'circuits' })
  @IsOptional()
  @IsIn(MEMBER_KINDS)
  of: MemberKind = 'circuits';

  @ApiPropertyOptional({ description: `Offenders shown, at most ${String(MAX_TOP)}.`, default: 100, type: Number })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_TOP)
  top: number = 100;
}
