import { Controller, Get, Headers, Inject, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { renderHealthDashboard, reportFileName, type ReportFile } from '@app/domain';
import { CLOCK, Database, loadReportModel, SETTINGS, type Clock, type Settings } from '@app/shared';
import { IsIn, IsOptional } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { Scope, type OrgScope } from '../access/org-scope.js';

const FORMATS = ['text', 'json'] as const;

class DashboardQuery {
  @ApiPropertyOptional({ enum: FORMATS, description: 'Without it the Accept header decides; JSON by default.' })
  @IsOptional()
  @IsIn(FORMATS)
  format?: (typeof FORMATS)[number];
}

/** How healthy an organization is, for people and programs. */
@ApiTags('reports')
@Controller('v1/orgs/:org/reports')
export class DashboardController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  @Get('dashboard')
  @ApiOperation({ summary: 'The health dashboard, text or JSON' })
  @ApiOkResponse({
    description: 'Health of the organization as of now.',
    content: {
      'application/json': {
        schema: { type: 'object' },
        example: { timestamp: '2026-03-01T12:00:00Z', overall_status: 'HEALTHY', totals: { sites: 3208 }, sites: {} },
      },
      'text/plain': { schema: { type: 'string' }, example: 'HEALTH DASHBOARD\n' },
    },
  })
  async dashboard(
    @Scope() scope: OrgScope,
    @Query() query: DashboardQuery,
    @Headers('accept') accept: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const model = await loadReportModel(this.database, scope.orgId, this.clock.now(), this.settings);
    const { text, json } = renderHealthDashboard(model);
    const isText = query.format === undefined ? /^text\/plain/i.test(accept ?? '') : query.format === 'text';
    if (isText) sendFile(reply, { file: 'dashboard-text', at: model.generatedAt, body: text });
    else sendFile(reply, { file: 'dashboard-json', at: model.generatedAt, body: `${JSON.stringify(json, null, 2)}\n` });
  }
}

function sendFile(reply: FastifyReply, { file, at, body }: { file: ReportFile; at: number; body: string }): void {
  void reply
    .header('content-disposition', `inline; filename="${reportFileName(file, at)}"`)
    .type(file === 'dashboard-json' ? 'application/json; charset=utf-8' : 'text/plain; charset=utf-8')
    .send(body);
}
