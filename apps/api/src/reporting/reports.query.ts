import { ApiPropertyOptional } from '@nestjs/swagger';
import { REPORT_FORMATS, type ReportFormat } from '@app/shared';
import { IsIn, IsOptional } from 'class-validator';
import { IsPlainText, OptionalTime } from '../http/validation.js';

const FORMATS = Object.keys(REPORT_FORMATS) as ReportFormat[];

export class ReportQuery {
  @ApiPropertyOptional({ enum: FORMATS, default: 'text' })
  @IsOptional()
  @IsIn(FORMATS)
  format: ReportFormat = 'text';

  @OptionalTime('Start, RFC 3339; the local day around it is in the report. Default seven days before the end.')
  from?: string;

  @OptionalTime('End (not included), RFC 3339; the local day before it is the last one. Default the beginning of today.')
  to?: string;

  @ApiPropertyOptional({ description: 'What belonged to this region.', type: String })
  @IsOptional()
  @IsPlainText()
  region?: string;

  @ApiPropertyOptional({ description: 'Id of a site.', type: String })
  @IsOptional()
  @IsPlainText()
  site?: string;
}
