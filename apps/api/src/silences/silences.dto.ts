import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { SilenceRow } from '@app/shared';
import { Transform, Type } from 'class-transformer';
import { IsBoolean, IsDefined, IsObject, IsOptional, ValidateNested } from 'class-validator';
import { nullOr, sometimes, timeOf } from '../http/answers.js';
import { PageQuery } from '../http/paging.js';
import { IsPlainText } from '../http/validation.js';
import { MatcherBody, matcherJson } from './matcher.dto.js';

export class PreviewBody {
  @ApiProperty({ type: MatcherBody, example: { sites: ['site-1'], severities: ['major'] } })
  @IsDefined()
  @IsObject()
  @ValidateNested()
  @Type(() => MatcherBody)
  matcher!: MatcherBody;
}

export class SilenceBody extends PreviewBody {
  @ApiProperty({ description: 'Why nobody wants to hear of it.', example: 'Power works at the site' })
  @IsPlainText(1000)
  reason!: string;

  @ApiPropertyOptional({ description: 'Who answers for it; default the name of the key.', type: String, example: 'noc' })
  @IsOptional()
  @IsPlainText()
  owner?: string | null;

  @ApiPropertyOptional({ description: 'Start, RFC 3339; default now.', type: String, example: '2026-03-01T12:00:00Z' })
  @IsOptional()
  @IsPlainText(40)
  from?: string | null;

  @ApiProperty({
    description: 'End, RFC 3339, not included: what is still true then is told again.',
    example: '2026-03-01T18:00:00Z',
  })
  @IsPlainText(40)
  until!: string;
}

export class SilencesQuery extends PageQuery {
  @ApiPropertyOptional({ description: 'Those too that are over, by time or by hand.', type: Boolean, default: false })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean()
  ended = false;
}

export const SILENCE_EXAMPLE = {
  id: 3,
  matcher: { sites: sometimes(['site-1']), severities: sometimes(['major']) },
  reason: 'Power works at the site',
  owner: 'noc',
  from: '2026-03-01T12:00:00Z',
  until: '2026-03-01T18:00:00Z',
  status: 'active',
  created_at: '2026-03-01T12:00:00Z',
  created_by: 'key:abc',
  ended_at: nullOr('2026-03-01T12:00:00Z'),
  ended_by: nullOr('text'),
};

export const silenceJson = (row: SilenceRow, now: number) => ({
  id: row.id,
  matcher: matcherJson(row.matcher),
  reason: row.reason,
  owner: row.owner,
  from: timeOf(row.fromAt),
  until: timeOf(row.toAt),
  status: row.endedAt !== null || row.toAt.getTime() <= now ? 'over' : row.fromAt.getTime() > now ? 'to-come' : 'active',
  created_at: timeOf(row.createdAt),
  created_by: row.createdBy,
  ended_at: timeOf(row.endedAt),
  ended_by: row.endedBy,
});
