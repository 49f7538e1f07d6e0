import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { MINUTE_MS } from '@app/domain';
import { CLOCK, Database, deviceStretches, SETTINGS, type Clock, type Settings } from '@app/shared';
import { IsIn, IsOptional } from 'class-validator';
import { ForSiteGroups } from '../access/access.decorators.js';
import { Scope, type OrgScope } from '../access/org-scope.js';
import { AnswersPage, orNull, timeOf } from '../http/answers.js';
import { cursorKey, PageQuery, pageOf } from '../http/paging.js';
import { invalid, problem } from '../http/problem.js';
import { parsePeriod } from '../http/times.js';
import { IsPlainText, OptionalTime } from '../http/validation.js';
import { DEVICE_TYPES, DevicesRepository, type DeviceRow, type DeviceType } from './devices.repository.js';

const WEEK_MS = 7 * 86_400_000;
const INT4 = 2_147_483_647;
const MAX_TIME = 8.64e15;
const BOOLEANS = ['true', 'false'] as const;

class DevicesQuery extends PageQuery {
  @ApiPropertyOptional({ enum: DEVICE_TYPES })
  @IsOptional()
  @IsIn(DEVICE_TYPES)
  type?: DeviceType;

  @ApiPropertyOptional({ description: 'Id of a site.', type: String })
  @IsOptional()
  @IsPlainText()
  site?: string;

  @ApiPropertyOptional({ enum: BOOLEANS, description: 'Does it reach the cloud?' })
  @IsOptional()
  @IsIn(BOOLEANS)
  connected?: (typeof BOOLEANS)[number];

  @ApiPropertyOptional({ description: 'Model, e.g. SRX320.', type: String })
  @IsOptional()
  @IsPlainText(100)
  model?: string;

  @ApiPropertyOptional({ description: 'Firmware version.', type: String })
  @IsOptional()
  @IsPlainText(100)
  version?: string;

  @ApiPropertyOptional({ description: 'Part of the name or MAC, in any case.', type: String })
  @IsOptional()
  @IsPlainText(100)
  q?: string;
}

class StatesQuery extends PageQuery {
  @OptionalTime('Start, RFC 3339; default a week before `to`.')
  from?: string;

  @OptionalTime('End, RFC 3339; default now.')
  to?: string;
}

const deviceJson = ({ key: _key, connected_since, observed_at, ...device }: DeviceRow) => ({
  ...device,
  connected_since: timeOf(connected_since),
  observed_at: timeOf(observed_at),
});

@ApiTags('devices')
@Controller('v1/orgs/:org/devices')
export class DevicesController {
  constructor(
    @Inject(DevicesRepository) private readonly devices: DevicesRepository,
    @Inject(Database) private readonly database: Database,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @ForSiteGroups()
  @ApiOperation({ summary: 'Gateways, access points and switches as they were last seen' })
  @AnswersPage('A page of devices; `connected_since` is when `connected` last changed.', {
    mac: '020000000101',
    name: orNull('gw-alder'),
    type: 'gateway',
    model: orNull('SRX320'),
    version: orNull('23.4R1'),
    site_id: orNull('site-1'),
    site_name: orNull('Alder Street'),
    connected: orNull(true),
    connected_since: orNull('2026-02-11T03:12:00Z'),
    observed_at: orNull('2026-03-01T12:00:00Z'),
  })
  async list(@Scope() scope: OrgScope, @Query() query: DevicesQuery) {
    const after = Math.min(INT4, Math.max(0, Math.trunc(Number(cursorKey(query, 1)?.[0] ?? 0) || 0)));
    const rows = await this.devices.list(scope, {
      type: query.type ?? null,
      site: query.site ?? null,
      connected: query.connected === undefined ? null : query.connected === 'true',
      model: query.model ?? null,
      version: query.version ?? null,
      q: query.q ?? null,
      after,
      limit: query.limit + 1,
    });
    return pageOf(rows, query.limit, { item: deviceJson, key: ({ key }) => [key] });
  }

  @Get(':device/states')
  @ForSiteGroups()
  @ApiOperation({ summary: 'When a gateway was connected to the cloud and when not, oldest first; what lies between is unknown' })
  @AnswersPage('A page of stretches that touch the period, whole even where they begin before it.', {
    state: 'disconnected',
    start: '2026-03-01T10:00:00Z',
    end: '2026-03-01T10:12:30Z',
    duration_s: 750,
  })
  async states(@Scope() scope: OrgScope, @Param('device') mac: string, @Query() query: StatesQuery) {
    const now = this.clock.now();
    const period = parsePeriod(query, now, WEEK_MS);
    const device = await this.devices.find(scope, mac);
    if (device === null) throw problem('not-found');
    const key = cursorKey(query, 1);
    const after = key === null ? -Infinity : Number(key[0]);
    if (key !== null && !(Math.abs(after) <= MAX_TIME))
      throw invalid('cursor', 'cursor must be the next_cursor of the page before');
    const maxGapMs = this.settings.facts.maxGapMinutes * MINUTE_MS;
    const stretches = await deviceStretches(this.database, device.key, { orgId: scope.orgId, period, now, maxGapMs });
    const rows = stretches.filter(({ from }) => from > after).slice(0, query.limit + 1);
    return pageOf(rows, query.limit, {
      item: ({ from, to, connected }) => ({
        state: connected ? 'connected' : 'disconnected',
        start: timeOf(from),
        end: timeOf(to),
        duration_s: (to - from) / 1000,
      }),
      key: ({ from }) => [from],
    });
  }
}
