import { ApiPropertyOptional } from '@nestjs/swagger';
import { SEVERITIES, type Severity } from '@app/domain';
import { IsIn, IsOptional } from 'class-validator';
import { PageQuery } from '../http/paging.js';
import { IsPlainText, OptionalTime } from '../http/validation.js';

/** By what lists of alerts and of incidents are narrowed. */
export class TroubleQuery extends PageQuery {
  @ApiPropertyOptional({ enum: SEVERITIES })
  @IsOptional()
  @IsIn(SEVERITIES)
  severity?: Severity;

  @ApiPropertyOptional({ description: 'Id of a site that it is about, of an incident also in part.', type: String })
  @IsOptional()
  @IsPlainText()
  site?: string;

  @OptionalTime('Begun at or after, RFC 3339.')
  from?: string;

  @OptionalTime('Begun before, RFC 3339.')
  to?: string;
}
