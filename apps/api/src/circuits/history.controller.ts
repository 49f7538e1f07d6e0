import { Controller, Delete, Get, Inject, Param, Put, Query, Req } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { ATTRIBUTE_SOURCES } from '@app/domain';
import { attributeHistory, changeAttributes, CLOCK, Database, type AttributeValues, type Clock } from '@app/shared';
import { ForSiteGroups, NeedsRole } from '../access/access.decorators.js';
import { Caller, Scope, type OrgScope } from '../access/org-scope.js';
import type { Principal } from '../access/principal.js';
import { Answers, nullOr, orNull, plain, timeOf } from '../http/answers.js';
import { invalid, problem } from '../http/problem.js';
import { parseTime } from '../http/times.js';
import { OptionalTime } from '../http/validation.js';
import { VALUES_EXAMPLE, valuesJson } from './attribute-values.js';
import { readAttributes } from './attributes.row.js';
import { AttributesService } from './attributes.service.js';
import { CircuitsRepository } from './circuits.repository.js';

class SinceQuery {
  @OptionalTime('Date of the row, RFC 3339; absent: the row that holds since ever.')
  since?: string;
}

interface RowRequest {
  readonly params: { readonly circuit: string };
  readonly body: unknown;
}

const EXAMPLE = {
  items: [
    { source: 'configured', since: orNull('2026-01-01T00:00:00Z'), until: nullOr('2026-03-01T12:00:00Z'), ...VALUES_EXAMPLE },
  ],
  next_cursor: nullOr('WzEyXQ'),
};

/** The dated attributes of one circuit. */
@ApiTags('circuits')
@Controller('v1/orgs/:org/circuits/:circuit/attributes')
export class AttributeHistoryController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(CircuitsRepository) private readonly circuits: CircuitsRepository,
    @Inject(AttributesService) private readonly attributes: AttributesService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @ForSiteGroups()
  @ApiOperation({
    summary:
      'Everything said of a circuit, by source and date; a null since holds since ever, a null until to this day, a null value was not said',
  })
  @Answers(`All of it. Sources by trust: ${ATTRIBUTE_SOURCES.join(', ')}.`, EXAMPLE)
  async list(@Scope() scope: OrgScope, @Param('circuit') id: string) {
    const rows = await attributeHistory(this.database, scope.orgId, await this.keyOf(scope, id));
    return {
      items: rows.map(({ source, since, until, ...values }) => ({
        source: String(source),
        since: timeOf(since),
        until: timeOf(until),
        ...valuesJson(values),
      })),
      next_cursor: null,
    };
  }

  @Put()
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Correct one configured row: its values become exactly these, absent ones are not said' })
  @ApiParam({ name: 'circuit', type: String })
  @ApiBody({ schema: { type: 'object', additionalProperties: true, example: plain(VALUES_EXAMPLE) } })
  @Answers('The whole history.', EXAMPLE)
  async correct(
    @Scope() scope: OrgScope,
    @Caller() caller: Principal,
    @Req() request: RowRequest,
    @Query() { since }: SinceQuery,
  ) {
    const key = await this.keyOf(scope, request.params.circuit);
    await this.change({ scope, caller, key, since }, valuesOf(request.body));
    return this.list(scope, String(key));
  }

  @Delete()
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Take one configured row away' })
  @Answers('What is left.', EXAMPLE)
  async remove(
    @Scope() scope: OrgScope,
    @Caller() caller: Principal,
    @Param('circuit') id: string,
    @Query() { since }: SinceQuery,
  ) {
    const key = await this.keyOf(scope, id);
    await this.change({ scope, caller, key, since }, null);
    return this.list(scope, String(key));
  }

  private async keyOf(scope: OrgScope, id: string): Promise<number> {
    const circuit = await this.circuits.find(scope, id, this.clock.now());
    if (circuit === null) throw problem('not-found');
    return circuit.key;
  }

  private async change(
    { scope, caller, key, since }: { scope: OrgScope; caller: Principal; key: number; since: string | undefined },
    values: AttributeValues | null,
  ): Promise<void> {
    const isDone = await changeAttributes(this.database, {
      orgId: scope.orgId,
      circuitKey: key,
      since: since === undefined ? null : parseTime('since', since),
      values,
      at: new Date(this.clock.now()),
      actor: caller.actor,
    });
    if (!isDone) throw problem('not-found', { detail: 'There is no configured row of this date; the history shows all.' });
    await this.attributes.wakeAnalyzer(scope.externalId);
  }
}

/** The values of a row of the bulk load; the row itself is named by the address. */
function valuesOf(body: unknown): AttributeValues {
  const isRow = typeof body === 'object' && body !== null && !Array.isArray(body);
  const read = readAttributes(isRow ? { ...body, mac: 'the', port_id: 'address', since: null } : body);
  if ('errors' in read) throw problem('invalid-request', { errors: read.errors });
  const { name, role, provider, type, bandwidthDownMbps, bandwidthUpMbps } = read.attributes;
  if ([name, role, provider, type, bandwidthDownMbps, bandwidthUpMbps].every((value) => value === null))
    throw invalid('name', 'the row says nothing; to take it away, delete it');
  return {
    name,
    role,
    provider,
    type,
    bandwidthDownMbps: bandwidthDownMbps ?? bandwidthUpMbps,
    bandwidthUpMbps: bandwidthUpMbps ?? bandwidthDownMbps,
  };
}
