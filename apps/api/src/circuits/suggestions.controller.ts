import { Body, Controller, Get, HttpCode, Inject, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import {
  ATTRIBUTES,
  CLOCK,
  Database,
  findCircuitSettings,
  listCircuitSettings,
  storeCircuitAttributes,
  suggestionsOf,
  type AttributeValues,
  type CircuitAttributes,
  type CircuitSettings,
  type Clock,
} from '@app/shared';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsOptional } from 'class-validator';
import { NeedsRole } from '../access/access.decorators.js';
import { Caller, Scope, type OrgScope } from '../access/org-scope.js';
import type { Principal } from '../access/principal.js';
import { Answers, AnswersPage } from '../http/answers.js';
import { cursorKey, PageQuery, pageOf } from '../http/paging.js';
import { problem } from '../http/problem.js';
import { parseTime } from '../http/times.js';
import { OptionalTime } from '../http/validation.js';
import { ATTRIBUTE_NAMES, VALUES_EXAMPLE, valuesJson } from './attribute-values.js';
import { AttributesService } from './attributes.service.js';

const MAX_ACCEPTED = 5000;
const MAX_ID = 400;
/** Circuits looked at for one page. */
const SCANNED = 1000;
const MAX_KEY = 2_147_483_647;

class AcceptBody {
  @ApiProperty({
    description: 'Circuits (mac:port) whose suggestions become configured.',
    example: ['020000000101:ge-0/0/0'],
    type: [String],
  })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_ACCEPTED)
  circuits!: unknown[];

  @ApiPropertyOptional({
    description: 'Only these attributes; default all.',
    enum: Object.values(ATTRIBUTE_NAMES),
    isArray: true,
  })
  @IsOptional()
  @IsArray()
  @IsIn(Object.values(ATTRIBUTE_NAMES), { each: true })
  attributes?: string[];

  @OptionalTime('From when on, RFC 3339; default since ever.')
  since?: string;
}

const circuitJson = (circuit: CircuitSettings) => ({
  id: circuit.id,
  key: circuit.key,
  site_id: circuit.siteId,
  configured: valuesJson(circuit.configured),
  mist: valuesJson(circuit.told),
  suggestions: suggestionsOf(circuit).map(({ attribute, told, configured, toldBy }) => ({
    attribute: ATTRIBUTE_NAMES[attribute],
    mist: told,
    source: toldBy,
    configured,
  })),
});

const EXAMPLE = {
  id: '020000000101:ge-0/0/0',
  key: 12,
  site_id: 'site-1',
  configured: { ...VALUES_EXAMPLE, provider: null },
  mist: { ...VALUES_EXAMPLE, type: null },
  suggestions: [{ attribute: 'provider', mist: 'Example Telecom', source: 'mist', configured: null }],
};

/** What Mist knows of circuits, beside what operators say. */
@ApiTags('circuits')
@Controller('v1/orgs/:org/circuits/suggestions')
export class SuggestionsController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(AttributesService) private readonly attributes: AttributesService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Circuits of which Mist says something that is not configured, or says something else' })
  @AnswersPage('A page; it may hold fewer rows than asked for and still have a next one.', EXAMPLE)
  async list(@Scope() scope: OrgScope, @Query() query: PageQuery) {
    const after = Number(cursorKey(query, 1)?.[0] ?? 0);
    const at = new Date(this.clock.now());
    const rows =
      after >= 0 && after <= MAX_KEY ? await listCircuitSettings(this.database, scope.orgId, { at, after, limit: SCANNED }) : [];
    const open = rows.filter((circuit) => suggestionsOf(circuit).length > 0);
    const page = pageOf(open.slice(0, query.limit + 1), query.limit, { item: circuitJson, key: ({ key }) => [key] });
    const last = rows.at(-1);
    if (page.next_cursor !== null || rows.length < SCANNED || last === undefined) return page;
    return { ...page, next_cursor: Buffer.from(JSON.stringify([last.key])).toString('base64url') };
  }

  @Post('accept')
  @HttpCode(200)
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Make what Mist says of these circuits configured; what operators said of other attributes stays' })
  @Answers('How many circuits got something.', { accepted: 1 })
  async accept(@Scope() scope: OrgScope, @Caller() caller: Principal, @Body() body: AcceptBody) {
    const ids = body.circuits.map((id, i) => {
      if (typeof id === 'string' && id.length <= MAX_ID && !id.includes('\0')) return id;
      throw problem('invalid-request', {
        errors: [{ field: `circuits.${String(i)}`, message: 'must be the id of a circuit (mac:port)' }],
      });
    });
    const at = new Date(this.clock.now());
    const found = await findCircuitSettings(this.database, scope.orgId, { at, ids });
    if (found.length < new Set(ids).size)
      throw problem('not-found', {
        detail: 'Not all of these circuits are known; the list of circuits shows all ids (mac:port).',
      });
    const names = ATTRIBUTES.filter((name) => body.attributes?.includes(ATTRIBUTE_NAMES[name]) ?? true);
    const since = body.since === undefined ? null : new Date(parseTime('since', body.since));
    const rows = found.flatMap((circuit) => rowOf(circuit, names, since));
    const { rederiveDue } = await storeCircuitAttributes(this.database, scope.orgId, { rows, at, actor: caller.actor });
    if (rederiveDue) await this.attributes.wakeAnalyzer(scope.externalId);
    return { accepted: rows.length };
  }
}

function rowOf(circuit: CircuitSettings, names: readonly (keyof AttributeValues)[], since: Date | null): CircuitAttributes[] {
  const told = suggestionsOf(circuit).filter(({ attribute }) => names.includes(attribute));
  if (told.length === 0) return [];
  const nothing = { name: null, role: null, provider: null, type: null, bandwidthDownMbps: null, bandwidthUpMbps: null };
  const values = Object.fromEntries(told.map(({ attribute }) => [attribute, circuit.told[attribute]]));
  return [{ mac: circuit.mac, portId: circuit.portId, siteId: null, since, ...nothing, ...values }];
}
