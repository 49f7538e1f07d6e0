import { Controller, Get, Inject, Param, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { REPORT_KINDS, type ReportKind } from '@app/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problem } from '../http/problem.js';
import { hasTag } from '../http/closed-period.js';
import { strongTag } from '../http/tag.js';
import type { CallerRequest } from '../access/org-scope.js';
import { REPORT_CONTENT } from './report-content.js';
import { ReportQuery } from './reports.query.js';
import { ReportsService } from './reports.service.js';
import { RunningReports } from './running-reports.js';
import { sendReport } from './send-report.js';

const isKind = (kind: string): kind is ReportKind => REPORT_KINDS.some((each) => each === kind);

@ApiTags('reports')
@Controller('v1/orgs/:org/reports')
export class ReportsController {
  constructor(
    @Inject(ReportsService) private readonly reports: ReportsService,
    @Inject(RunningReports) private readonly running: RunningReports,
  ) {}

  @Get(':kind')
  @ApiOperation({ summary: 'A report as text, JSON, HTML, PDF, CSV or XLSX' })
  @ApiParam({ name: 'kind', enum: REPORT_KINDS })
  @ApiHeader({ name: 'If-None-Match', required: false, description: 'ETag of an earlier answer.', schema: { type: 'string' } })
  @ApiResponse({ status: 304, description: 'The report says what that answer said. No body.' })
  @ApiOkResponse({
    description: 'The summary as of now; the others of whole local days that are over.',
    content: REPORT_CONTENT,
  })
  async report(
    @Req() request: FastifyRequest & CallerRequest,
    @Param('kind') kind: string,
    @Query() query: ReportQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { orgScope: scope, caller } = request;
    if (scope === undefined || caller === undefined || !isKind(kind)) throw problem('not-found');
    const done = this.running.begin(caller.id);
    try {
      const { revision, render } = await this.reports.report(scope, kind, query);
      const tag = strongTag([scope.orgId, kind, revision, query.format], request.headers);
      const isKnown = hasTag(request.headers['if-none-match'], tag);
      sendReport(reply, tag, isKnown ? null : await render());
    } finally {
      done();
    }
  }
}
