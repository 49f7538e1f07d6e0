import { Readable } from 'node:stream';
import { Controller, Get, Inject, Param, Query, Req, Res, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { AskedExport, ExportTable } from '@app/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LastingAnswers } from '../access/lasting-answers.js';
import type { CallerRequest, OrgScope } from '../access/org-scope.js';
import { Answers, orNull } from '../http/answers.js';
import { problem } from '../http/problem.js';
import { API_SETTINGS, type ApiSettings } from '../settings.js';
import { EXPORT_TABLES, exportTable } from './catalogue.js';
import { lineFormat, lineStream, workbookOf } from './export-stream.js';
import { ExportRoleGuard } from './export-role.guard.js';
import { ExportQuery, type ExportFormat } from './exports.query.js';
import { ExportsService } from './exports.service.js';
import { RunningExports } from './running-exports.js';

const TYPES: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};

const tableJson = ({ name, about, columns, filters, defaultDays, role }: ExportTable) => ({
  name,
  about,
  filters,
  default_days: defaultDays,
  role: role ?? 'viewer',
  columns: columns.map((column) => ({ name: column.name, type: column.type, unit: column.unit ?? null, about: column.about })),
});

const stamp = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
/** `circuit-hours_20260301T000000Z_20260308T000000Z.csv`; of a table of now the time it was made. */
const fileName = ({ name }: ExportTable, { from, to }: AskedExport, format: ExportFormat): string =>
  `${name}_${from === to ? stamp(from) : `${stamp(from)}_${stamp(to)}`}.${format}`;

interface Asking {
  readonly scope: OrgScope;
  readonly asked: AskedExport;
  readonly query: ExportQuery;
}

@ApiTags('exports')
@Controller('v1/orgs/:org/exports')
export class ExportsController {
  constructor(
    @Inject(ExportsService) private readonly exports: ExportsService,
    @Inject(RunningExports) private readonly running: RunningExports,
    @Inject(API_SETTINGS) private readonly settings: ApiSettings,
    @Inject(LastingAnswers) private readonly lasting: LastingAnswers,
  ) {}

  @Get()
  @ApiOperation({ summary: 'What can be exported, with every column' })
  @Answers('Tables, their columns and filters.', {
    items: [
      {
        name: 'circuit-hours',
        about: 'One row per circuit and hour.',
        filters: ['site', 'circuit', 'region', 'provider'],
        default_days: orNull(7),
        role: 'viewer',
        columns: [{ name: 'utilization_pct', type: 'number', unit: orNull('%'), about: 'Of the busier direction.' }],
      },
    ],
  })
  list() {
    return { items: EXPORT_TABLES.map(tableJson) };
  }

  @Get(':table')
  @UseGuards(ExportRoleGuard)
  @ApiOperation({ summary: 'A table as CSV, newline-delimited JSON or XLSX; streamed, whatever its size' })
  @ApiParam({ name: 'table', enum: EXPORT_TABLES.map(({ name }) => name) })
  @ApiOkResponse({
    description: 'The file. A transfer that breaks off is not whole.',
    content: {
      'text/csv': { schema: { type: 'string' }, example: 'circuit_id,state\r\n020000000101:ge-0/0/0,up\r\n' },
      'application/x-ndjson': { schema: { type: 'string' }, example: '{"circuit_id":"020000000101:ge-0/0/0","state":"up"}\n' },
      [TYPES.xlsx]: { schema: { type: 'string', format: 'binary' } },
    },
  })
  async table(
    @Req() request: FastifyRequest & CallerRequest,
    @Param('table') name: string,
    @Query() query: ExportQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const table = exportTable(name);
    const { orgScope: scope, caller } = request;
    if (scope === undefined || caller === undefined) throw problem('not-found');
    if (table === null) throw problem('not-found', { detail: 'There is no such table; GET /v1/orgs/{org}/exports lists them.' });
    const asked = await this.exports.asked(scope, table, query);
    // Fastify answers a HEAD by reading all that a GET gives; nobody wants a table read for its headers.
    const body = request.method === 'HEAD' ? Readable.from([]) : await this.body(caller.id, table, { scope, asked, query });
    if (body instanceof Readable) this.guard(request, body);
    void reply
      .header('content-disposition', `attachment; filename="${fileName(table, asked, query.format)}"`)
      .type(TYPES[query.format])
      .send(body);
  }

  /** It may take an hour: who loses the key or the session meanwhile gets no more of it. */
  private guard(request: CallerRequest, body: Readable): void {
    const end = (): void => void body.destroy(new Error('The key or session of an export is no longer valid.'));
    body.once('close', this.lasting.watch(request, end));
  }

  private async body(keyId: string, table: ExportTable, { scope, asked, query }: Asking): Promise<Readable | Buffer> {
    const done = this.running.begin(keyId);
    try {
      const rows = this.exports.rows(scope, table, asked, query);
      if (query.format === 'xlsx') return await workbookOf(table, rows).finally(done);
      const format = lineFormat(table, { format: query.format, hasMark: query.bom === 'true' });
      return await lineStream(table, rows, { format, limits: this.settings.exports, done });
    } catch (error) {
      done();
      throw error;
    }
  }
}
