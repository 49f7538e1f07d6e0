import { Controller, Get, Inject, Injectable, Query } from '@nestjs/common';
import { ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { CLOCK, Database, type Clock } from '@app/shared';
import { IsOptional } from 'class-validator';
import { ForSiteGroups } from '../access/access.decorators.js';
import { Scope, ScopedRepository, type OrgScope } from '../access/org-scope.js';
import { Answers, byKey, nullOr, orNull, timeOf } from '../http/answers.js';
import { cursorKey, PageQuery, pageOf } from '../http/paging.js';
import { parsePeriod } from '../http/times.js';
import { IsPlainText, OptionalTime } from '../http/validation.js';

const DAY_MS = 86_400_000;

class AlarmsQuery extends PageQuery {
  @ApiPropertyOptional({ description: "Mist's severity, e.g. critical.", type: String })
  @IsOptional()
  @IsPlainText(50)
  severity?: string;

  @ApiPropertyOptional({ description: "Mist's type.", type: String })
  @IsOptional()
  @IsPlainText(100)
  type?: string;

  @ApiPropertyOptional({ description: 'Id of a site.', type: String })
  @IsOptional()
  @IsPlainText()
  site?: string;

  @OptionalTime('Last seen at or after; default a day before `to`.')
  from?: string;

  @OptionalTime('Last seen before; default now.')
  to?: string;
}

interface AlarmRow {
  readonly id: string;
  readonly site_id: string | null;
  readonly type: string;
  readonly group: string;
  readonly severity: string;
  readonly at: Date;
  readonly last_seen_at: Date;
  readonly resolved_at: Date | null;
  readonly count: number;
  readonly acked: boolean | null;
}

const FILTER = `org_id = $1 and last_seen_at >= $2 and last_seen_at < $3 and ($4::text is null or severity = $4) and ($5::text is null or type = $5)
  and ($6::text is null or site_external_id = $6)`;

@Injectable()
export class AlarmsRepository extends ScopedRepository {
  constructor(@Inject(Database) database: Database) {
    super(database);
  }

  list(scope: OrgScope, filter: readonly unknown[], after: readonly [number, string] | null, limit: number): Promise<AlarmRow[]> {
    return this.rows<AlarmRow>(
      scope,
      `select external_id as id, site_external_id as site_id, type, alarm_group as "group", severity, at, last_seen_at, resolved_at, count, acked
       from mist_alarm where ${FILTER} and ($7::timestamptz is null or (last_seen_at, external_id) < ($7, $8))
       order by last_seen_at desc, external_id desc limit $9`,
      [...filter, after === null ? null : new Date(after[0]), after?.[1] ?? '', limit],
    );
  }

  counts(scope: OrgScope, filter: readonly unknown[]): Promise<{ by: string; name: string; count: number }[]> {
    return this.rows(
      scope,
      `select 'severity' as by, severity as name, count(*) as count from mist_alarm where ${FILTER} group by severity
       union all select 'type', type, count(*) from mist_alarm where ${FILTER} group by type order by 1, 3 desc, 2`,
      filter,
    );
  }
}

const MAX_TIME = 8.64e15;

@ApiTags('alerts')
@Controller('v1/orgs/:org/alarms')
export class AlarmsController {
  constructor(
    @Inject(AlarmsRepository) private readonly alarms: AlarmsRepository,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @ForSiteGroups()
  @ApiOperation({ summary: "Mist's own alarms, last seen first, with counts of the whole period" })
  @Answers('A page of alarms.', {
    items: [
      {
        id: 'alarm-1',
        site_id: orNull('site-1'),
        type: 'gateway_down',
        group: 'infrastructure',
        severity: 'critical',
        at: '2026-03-01T11:00:00Z',
        last_seen_at: '2026-03-01T11:30:00Z',
        resolved_at: nullOr('2026-03-01T12:00:00Z'),
        count: 3,
        acked: orNull(false),
      },
    ],
    next_cursor: orNull('WzEyXQ'),
    by_severity: byKey({ critical: 1 }),
    by_type: byKey({ gateway_down: 1 }),
  })
  async list(@Scope() scope: OrgScope, @Query() query: AlarmsQuery) {
    const { from, to } = parsePeriod(query, this.clock.now(), DAY_MS);
    const filter = [new Date(from), new Date(to), query.severity ?? null, query.type ?? null, query.site ?? null];
    const key = cursorKey(query, 2);
    const after = key === null ? null : ([Math.max(-MAX_TIME, Math.min(MAX_TIME, Number(key[0]) || 0)), String(key[1])] as const);
    const [rows, counts] = await Promise.all([
      this.alarms.list(scope, filter, after, query.limit + 1),
      this.alarms.counts(scope, filter),
    ]);
    const countsBy = (what: string) =>
      Object.fromEntries(counts.filter(({ by }) => by === what).map(({ name, count }) => [name, count]));
    const item = (row: AlarmRow) => ({
      ...row,
      at: timeOf(row.at),
      last_seen_at: timeOf(row.last_seen_at),
      resolved_at: timeOf(row.resolved_at),
    });
    return {
      ...pageOf(rows, query.limit, { item, key: (row) => [row.last_seen_at.getTime(), row.id] }),
      by_severity: countsBy('severity'),
      by_type: countsBy('type'),
    };
  }
}
