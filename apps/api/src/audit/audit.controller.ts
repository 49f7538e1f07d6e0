import { Controller, Get, Inject, Injectable, Query } from '@nestjs/common';
import { ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { Database } from '@app/shared';
import { IsOptional } from 'class-validator';
import { NeedsRole } from '../access/access.decorators.js';
import { Scope, ScopedRepository, type OrgScope } from '../access/org-scope.js';
import { AnswersPage, anything, byKey, snakeKeys, timeOf } from '../http/answers.js';
import { cursorKey, PageQuery, pageOf } from '../http/paging.js';
import { invalid } from '../http/problem.js';
import { parseTime } from '../http/times.js';
import { IsPlainText, OptionalTime } from '../http/validation.js';

class AuditQuery extends PageQuery {
  @OptionalTime('At or after, RFC 3339.')
  from?: string;

  @OptionalTime('Before, RFC 3339.')
  to?: string;

  @ApiPropertyOptional({ description: '`key:<id>`, `user:<address>`, `link:<destination>`, `cli`, `notifier` ...', type: String })
  @IsOptional()
  @IsPlainText(400)
  actor?: string;

  @ApiPropertyOptional({ description: 'What was done, such as `incident.acknowledge` or `circuits.attributes`.', type: String })
  @IsOptional()
  @IsPlainText()
  action?: string;

  @ApiPropertyOptional({ description: 'What it was done to, such as `incident:4` or `circuit:12`.', type: String })
  @IsOptional()
  @IsPlainText(400)
  subject?: string;
}

interface AuditRow {
  readonly id: string;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly details: unknown;
}

interface AuditFilter {
  readonly query: AuditQuery;
  readonly before: string | null;
}

/** Who changed what: written beside every change, never changed itself. */
@Injectable()
export class AuditRepository extends ScopedRepository {
  constructor(@Inject(Database) database: Database) {
    super(database);
  }

  /** Newest first, one row too many. */
  list(scope: OrgScope, { query, before }: AuditFilter): Promise<AuditRow[]> {
    const time = (field: 'from' | 'to'): Date | null =>
      query[field] === undefined ? null : new Date(parseTime(field, query[field]));
    return this.rows<AuditRow>(
      scope,
      `select id::text, at, actor, action, subject, details from audit
       where org_id = $1 and ($2::bigint is null or id < $2) and ($3::timestamptz is null or at >= $3) and ($4::timestamptz is null or at < $4)
         and ($5::text is null or actor = $5) and ($6::text is null or action = $6) and ($7::text is null or subject = $7)
       order by id desc limit $8`,
      [before, time('from'), time('to'), query.actor, query.action, query.subject, query.limit + 1],
    );
  }
}

const EXAMPLE = {
  id: 31,
  at: '2026-03-01T12:00:00Z',
  actor: 'key:5f3a9c',
  action: 'incident.acknowledge',
  subject: 'incident:4',
  details: byKey({ note: anything('carrier called') }),
};

const entryJson = ({ id, at, details, ...row }: AuditRow) => ({
  id: Number(id),
  at: timeOf(at),
  ...row,
  details: snakeKeys(details),
});

@ApiTags('audit')
@Controller('v1/orgs/:org/audit')
export class AuditController {
  constructor(@Inject(AuditRepository) private readonly audit: AuditRepository) {}

  @Get()
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Who changed what, newest first' })
  @AnswersPage('A page of the audit log; `details` differ by action.', EXAMPLE)
  async list(@Scope() scope: OrgScope, @Query() query: AuditQuery) {
    const rows = await this.audit.list(scope, { query, before: idBefore(query) });
    return pageOf(rows, query.limit, { item: entryJson, key: ({ id }) => [id] });
  }
}

function idBefore(query: AuditQuery): string | null {
  const key = cursorKey(query, 1);
  if (key === null) return null;
  const id = String(key[0]);
  if (/^\d{1,18}$/.test(id)) return id;
  throw invalid('cursor', 'cursor must be the next_cursor of the page before');
}
