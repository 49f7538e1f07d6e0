import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { MAX_LIMIT } from '../http/paging.js';
import { IsPlainText, OptionalTime } from '../http/validation.js';
import { MEMBER_KINDS, type MemberKind } from '../rankings/period-source.js';
import { PeriodQuery } from '../rankings/rankings.query.js';
import { RANKED_BY, type RankedBy } from '../rankings/ranking.js';

const SORTS = RANKED_BY.filter((by) => by !== 'failovers');
export type Sort = Exclude<RankedBy, 'failovers'>;

/** A page of a list that is sorted by a figure. */
class SortedQuery extends PeriodQuery {
  @ApiPropertyOptional({
    enum: SORTS,
    description: 'Worst first by this figure: the highest hour of utilization, the average of loss, jitter and latency.',
    default: 'utilization',
  })
  @IsOptional()
  @IsIn(SORTS)
  sort: Sort = 'utilization';

  @ApiPropertyOptional({ description: `Rows of a page, at most ${String(MAX_LIMIT)}.`, default: 100, type: Number })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_LIMIT)
  limit: number = 100;

  @ApiPropertyOptional({ description: '`next_cursor` of the page before; opaque.', type: String })
  @IsOptional()
  @IsPlainText(500)
  cursor?: string;
}

export class KpisQuery extends SortedQuery {
  @ApiPropertyOptional({ enum: MEMBER_KINDS, default: 'sites' })
  @IsOptional()
  @IsIn(MEMBER_KINDS)
  of: MemberKind = 'sites';
}

export class CircuitWindowsQuery extends SortedQuery {
  @OptionalTime('End of the windows, RFC 3339; default now. The running hour is left out.')
  end?: string;

  @ApiPropertyOptional({
    description: 'Lengths in whole hours, at most 24; the first one sorts.',
    default: '24,12,3',
    type: String,
  })
  @IsOptional()
  @Matches(/^([1-9]|1\d|2[0-4])(,([1-9]|1\d|2[0-4])){0,5}$/, {
    message: 'hours must be at most six whole numbers up to 24, such as 3,12,24',
  })
  hours: string = '24,12,3';
}
