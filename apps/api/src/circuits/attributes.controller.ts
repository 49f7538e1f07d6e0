import { Body, Controller, HttpCode, Inject, Post, Put, Query } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsBoolean, IsOptional } from 'class-validator';
import { NeedsRole } from '../access/access.decorators.js';
import { Caller, Scope, type OrgScope } from '../access/org-scope.js';
import type { Principal } from '../access/principal.js';
import { Answers } from '../http/answers.js';
import { readCsv } from './attributes.csv.js';
import { AttributesService } from './attributes.service.js';

const MAX_ROWS = 5000;
const ROW_EXAMPLE = {
  mac: '020000000101',
  port_id: 'ge-0/0/0',
  name: 'main line',
  role: 'primary',
  provider: 'Example Telecom',
  type: 'fibre',
  bandwidth_down_mbps: 100,
  bandwidth_up_mbps: 40,
  since: '2026-01-01T00:00:00Z',
};

class AttributesBody {
  @ApiProperty({
    description: `At most ${String(MAX_ROWS)} rows. mac and port_id name the circuit; an empty since means since ever; an absent value stays as it is.`,
    type: 'array',
    items: { type: 'object', additionalProperties: true },
    example: [ROW_EXAMPLE],
  })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_ROWS)
  rows!: unknown[];

  @ApiPropertyOptional({
    description: 'Store the good rows also when others are wrong; else all or nothing.',
    default: false,
    type: Boolean,
  })
  @IsOptional()
  @IsBoolean()
  partial = false;
}

class CsvQuery {
  @ApiPropertyOptional({
    description: 'Store the good lines also when others are wrong; else all or nothing.',
    default: false,
    type: Boolean,
  })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean()
  partial = false;
}

const FAULTS = [{ field: 'role', message: 'role must be one of primary, secondary, backup' }];
const CSV_EXAMPLE = `mac,port_id,name,role,bandwidth_down_mbps,bandwidth_up_mbps,since
020000000101,ge-0/0/0,main line,primary,100,40,2026-01-01T00:00:00Z
`;

@ApiTags('circuits')
@Controller('v1/orgs/:org/circuits/attributes')
export class AttributesController {
  constructor(@Inject(AttributesService) private readonly attributes: AttributesService) {}

  @Put()
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Load names, roles, providers and bandwidths of many circuits: all rows or none, unless `partial`' })
  @Answers('`row` counts from 0. Errors only with `partial`; else wrong rows are a problem that lists them.', {
    stored: 1,
    errors: [{ row: 1, errors: FAULTS }],
  })
  async load(@Scope() scope: OrgScope, @Caller() caller: Principal, @Body() body: AttributesBody) {
    const rows = body.rows.map((cells, place) => ({ place, cells }));
    const { stored, errors } = await this.attributes.load({ scope, caller, rows, isPartial: body.partial, unit: 'row' });
    return { stored, errors: errors.map(({ place, errors: faults }) => ({ row: place, errors: faults })) };
  }

  @Post('csv')
  @HttpCode(200)
  @NeedsRole('operator')
  @ApiConsumes('text/csv')
  @ApiBody({ schema: { type: 'string', example: CSV_EXAMPLE } })
  @ApiOperation({ summary: 'The same as a table: the columns of the `circuits` import, all lines or none, unless `partial`' })
  @Answers('`line` counts from 1, the heading being the first.', { stored: 1, errors: [{ line: 3, errors: FAULTS }] })
  async csv(@Scope() scope: OrgScope, @Caller() caller: Principal, @Query() query: CsvQuery, @Body() text: unknown) {
    const rows = readCsv(text, MAX_ROWS).map(({ line, cells }) => ({ place: line, cells }));
    const { stored, errors } = await this.attributes.load({ scope, caller, rows, isPartial: query.partial, unit: 'line' });
    return { stored, errors: errors.map(({ place, errors: faults }) => ({ line: place, errors: faults })) };
  }
}
