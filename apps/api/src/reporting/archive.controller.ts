import { Controller, Get, Inject, Param, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import {
  Database,
  findArchivedReport,
  listReports,
  readReport,
  REPORT_FORMATS,
  type ArchivedReport,
  type ArchiveFilter,
} from '@app/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Scope, type CallerRequest, type OrgScope } from '../access/org-scope.js';
import { idOf } from '../alerts/alerts.dto.js';
import { AnswersPage, nullOr, orNull, timeOf } from '../http/answers.js';
import { hasTag } from '../http/closed-period.js';
import { cursorKey, pageOf } from '../http/paging.js';
import { invalid, problem } from '../http/problem.js';
import { strongTag } from '../http/tag.js';
import { parseTime } from '../http/times.js';
import { ArchiveQuery } from './archive.query.js';
import { REPORT_CONTENT } from './report-content.js';
import { RunningReports } from './running-reports.js';
import { sendReport } from './send-report.js';

const EXAMPLE = {
  id: 31,
  name: 'EXECUTIVE_REPORT_20260302T000000Z.pdf',
  kind: 'executive',
  format: 'pdf',
  period_from: orNull('2026-02-23T00:00:00Z'),
  period_to: orNull('2026-03-02T00:00:00Z'),
  region: nullOr('North'),
  site: nullOr('site-1'),
  revision: '0b6c5b7f2a1d',
  schedules: ['weekly'],
  made_at: '2026-03-02T06:00:04Z',
  archived_at: nullOr('2026-03-10T02:10:00Z'),
  bytes: 48_211,
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
};

const fileJson = ({ periodFrom, periodTo, madeAt, archivedAt, ...file }: ArchivedReport) => ({
  id: file.id,
  name: file.name,
  kind: file.kind,
  format: file.format,
  period_from: timeOf(periodFrom),
  period_to: timeOf(periodTo),
  region: file.region,
  site: file.site,
  revision: file.revision,
  schedules: [...file.schedules],
  made_at: timeOf(madeAt),
  archived_at: timeOf(archivedAt),
  bytes: file.bytes,
  sha256: file.sha256,
});

function beforeId(query: ArchiveQuery): { beforeId?: number } {
  const [id] = cursorKey(query, 1) ?? [];
  if (id === undefined) return {};
  if (typeof id !== 'number') throw invalid('cursor', 'cursor must be the next_cursor of the page before');
  return { beforeId: id };
}

function filterOf(query: ArchiveQuery): ArchiveFilter {
  const { kind, format, schedule, from, to } = query;
  return {
    ...(kind === undefined ? {} : { kind }),
    ...(format === undefined ? {} : { format }),
    ...(schedule === undefined ? {} : { schedule }),
    ...(from === undefined ? {} : { from: new Date(parseTime('from', from)) }),
    ...(to === undefined ? {} : { to: new Date(parseTime('to', to)) }),
    ...beforeId(query),
  };
}

/** Reports that schedules made: the files as they were mailed. */
@ApiTags('reports')
@Controller('v1/orgs/:org/report-archive')
export class ReportArchiveController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(RunningReports) private readonly running: RunningReports,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Reports that were made by schedules, the newest first' })
  @AnswersPage('Files of the archive; `archived_at` null = kept as it was made.', EXAMPLE)
  async list(@Scope() scope: OrgScope, @Query() query: ArchiveQuery) {
    const rows = await listReports(this.database, scope.orgId, filterOf(query), query.limit + 1);
    return pageOf(rows, query.limit, { item: fileJson, key: ({ id }) => [id] });
  }

  @Get(':report')
  @ApiOperation({ summary: 'A report of the archive, as it was made' })
  @ApiHeader({ name: 'If-None-Match', required: false, description: 'ETag of an earlier answer.', schema: { type: 'string' } })
  @ApiResponse({ status: 304, description: 'The caller has it already. No body.' })
  @ApiOkResponse({
    description: 'The file, in the media type of its format.',
    content: REPORT_CONTENT,
  })
  async file(
    @Req() request: FastifyRequest & CallerRequest,
    @Param('report') id: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { orgScope: scope, caller } = request;
    if (scope === undefined || caller === undefined) throw problem('not-found');
    const found = await findArchivedReport(this.database, scope.orgId, idOf(id));
    if (found === null) throw problem('not-found');
    const tag = strongTag([scope.orgId, found.sha256], request.headers);
    if (hasTag(request.headers['if-none-match'], tag)) {
      sendReport(reply, tag, null);
      return;
    }
    const done = this.running.begin(caller.id);
    try {
      const bytes = await readReport(this.database, scope.orgId, found.id);
      if (bytes === null) throw problem('not-found');
      sendReport(reply, tag, { bytes, type: REPORT_FORMATS[found.format].type, fileName: found.name });
    } finally {
      done();
    }
  }
}
