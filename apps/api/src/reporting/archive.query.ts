import { ApiPropertyOptional } from '@nestjs/swagger';
import { REPORT_FORMATS, REPORT_KINDS, type ReportFormat, type ReportKind } from '@app/shared';
import { IsIn, IsOptional } from 'class-validator';
import { PageQuery } from '../http/paging.js';
import { IsPlainText, OptionalTime } from '../http/validation.js';

const FORMATS = Object.keys(REPORT_FORMATS) as ReportFormat[];

export class ArchiveQuery extends PageQuery {
  @ApiPropertyOptional({ enum: REPORT_KINDS })
  @IsOptional()
  @IsIn(REPORT_KINDS)
  kind?: ReportKind;

  @ApiPropertyOptional({ enum: FORMATS })
  @IsOptional()
  @IsIn(FORMATS)
  format?: ReportFormat;

  @ApiPropertyOptional({ description: 'Id of a schedule that had it.', type: String })
  @IsOptional()
  @IsPlainText(63)
  schedule?: string;

  @OptionalTime('Made at or after, RFC 3339.')
  from?: string;

  @OptionalTime('Made before, RFC 3339.')
  to?: string;
}
