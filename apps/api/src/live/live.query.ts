import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsOptional } from 'class-validator';
import { IsPlainText } from '../http/validation.js';
import { EVENT_FAMILIES, EVENT_NAMES } from './event-types.js';

const ASKED = [...EVENT_FAMILIES, ...EVENT_NAMES];

export class EventsQuery {
  @ApiPropertyOptional({
    description: `Only these, separated by commas: types of events, or families (${EVENT_FAMILIES.join(', ')}). \`ready\` and \`reset\` always come.`,
    type: String,
    example: 'alert,circuit.state',
  })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.split(',') : value))
  @IsIn(ASKED, { each: true })
  types?: string[];

  @ApiPropertyOptional({ description: 'Id of a site; events of the organization as a whole come too.', type: String })
  @IsOptional()
  @IsPlainText()
  site?: string;

  @ApiPropertyOptional({ description: 'A circuit (mac:port); events of the organization as a whole come too.', type: String })
  @IsOptional()
  @IsPlainText(400)
  circuit?: string;

  @ApiPropertyOptional({
    description: 'Go on after the event with this id, when the caller cannot send `Last-Event-ID`, which counts more.',
    type: String,
    example: '1041-9f3c2a7b',
  })
  @IsOptional()
  @IsPlainText()
  after?: string;
}
