import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { IsPlainText, OptionalTime } from '../http/validation.js';
import { MEMBER_KINDS, type MemberKind } from '../rankings/period-source.js';
import { RANKED_BY, STATS, type RankedBy, type Stat } from '../rankings/ranking.js';

export const EXPORT_FORMATS = ['csv', 'ndjson', 'xlsx'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export class ExportQuery {
  @ApiPropertyOptional({ enum: EXPORT_FORMATS, default: 'csv' })
  @IsOptional()
  @IsIn(EXPORT_FORMATS)
  format: ExportFormat = 'csv';

  @OptionalTime('Start, RFC 3339; default some days before `to`, as the table says.')
  from?: string;

  @OptionalTime('End (not included), RFC 3339; default now.')
  to?: string;

  @ApiPropertyOptional({ description: 'Rows of this site only.', type: String })
  @IsOptional()
  @IsPlainText()
  site?: string;

  @ApiPropertyOptional({ description: 'Rows of this circuit only, by `mac:port` or key.', type: String })
  @IsOptional()
  @IsPlainText()
  circuit?: string;

  @ApiPropertyOptional({ description: 'Rows of this region only.', type: String })
  @IsOptional()
  @IsPlainText()
  region?: string;

  @ApiPropertyOptional({ description: 'Rows of this provider only.', type: String })
  @IsOptional()
  @IsPlainText()
  provider?: string;

  @ApiPropertyOptional({ description: 'CSV only: begin with a byte order mark, for old spreadsheets.', enum: ['true', 'false'] })
  @IsOptional()
  @IsIn(['true', 'false'])
  bom?: 'true' | 'false';

  @ApiPropertyOptional({ enum: RANKED_BY, description: 'Of rankings and offenders: by what.' })
  @IsOptional()
  @IsIn(RANKED_BY)
  by?: RankedBy;

  @ApiPropertyOptional({ enum: MEMBER_KINDS, description: 'Of rankings and offenders: what is ranked; default circuits.' })
  @IsOptional()
  @IsIn(MEMBER_KINDS)
  of?: MemberKind;

  @ApiPropertyOptional({ enum: STATS, description: 'Of rankings: figure of the period.' })
  @IsOptional()
  @IsIn(STATS)
  stat?: Stat;
}
