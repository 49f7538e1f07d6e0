import { Body, Controller, Inject, Logger, Put } from '@nestjs/common';
import { ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import {
  CLOCK,
  Database,
  JobPublisher,
  storeCircuitAttributes,
  type ApiKey,
  type CircuitAttributes,
  type Clock,
} from '@app/shared';
import { ArrayMaxSize, ArrayMinSize, IsArray } from 'class-validator';
import { NeedsRole } from '../access/access.decorators.js';
import { Caller, Scope, type OrgScope } from '../access/org-scope.js';
import { Answers } from '../http/answers.js';
import type { FieldError } from '../http/problem.js';
import { readAttributes } from './attributes.row.js';

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
}

interface RowError {
  readonly row: number;
  readonly errors: readonly FieldError[];
}

@ApiTags('circuits')
@Controller('v1/orgs/:org/circuits/attributes')
export class AttributesController {
  private readonly logger = new Logger(AttributesController.name);

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(JobPublisher) private readonly publisher: JobPublisher,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Put()
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Load names, roles, providers and bandwidths of many circuits; bad rows are told, the others stored' })
  @Answers('`row` counts from 0.', {
    stored: 1,
    errors: [{ row: 1, errors: [{ field: 'role', message: 'role must be one of primary, secondary, backup' }] }],
  })
  async load(
    @Scope() scope: OrgScope,
    @Caller() caller: ApiKey,
    @Body() body: AttributesBody,
  ): Promise<{ stored: number; errors: RowError[] }> {
    const errors: RowError[] = [];
    const good: { row: number; attributes: CircuitAttributes }[] = [];
    body.rows.forEach((given, row) => {
      const read = readAttributes(given);
      if ('errors' in read) errors.push({ row, errors: read.errors });
      else good.push({ row, attributes: read.attributes });
    });
    const { stored, refused, rederiveDue } = await storeCircuitAttributes(this.database, scope.orgId, {
      rows: good.map(({ attributes }) => attributes),
      at: new Date(this.clock.now()),
      actor: `key:${caller.id}`,
    });
    if (rederiveDue) await this.wakeAnalyzer(scope.externalId);
    for (const { row, reason } of refused)
      errors.push({ row: good[row]?.row ?? row, errors: [{ field: 'mac', message: reason }] });
    return { stored, errors: errors.sort((a, b) => a.row - b.row) };
  }

  /** The rows are stored and marked: should the queue be away, the next closing of hours does the work. */
  private async wakeAnalyzer(orgId: string): Promise<void> {
    try {
      await this.publisher.publish('rederive-circuits', { orgId });
    } catch (error) {
      this.logger.warn({ message: 'Utilization is made anew at the next closing of hours: the queue does not answer', error });
    }
  }
}
