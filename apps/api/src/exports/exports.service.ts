import { Inject, Injectable } from '@nestjs/common';
import { DAY_MS, type ExportRow } from '@app/domain';
import {
  CLOCK,
  EXPORT_FILTERS,
  exportQuery,
  type AskedExport,
  type Clock,
  type ExportFilter,
  type ExportTable,
} from '@app/shared';
import type { OrgScope } from '../access/org-scope.js';
import { CircuitsRepository } from '../circuits/circuits.repository.js';
import { invalid } from '../http/problem.js';
import { parsePeriod } from '../http/times.js';
import { SQL_TABLES, type MadeTable } from './catalogue.js';
import type { ExportQuery } from './exports.query.js';
import { ExportsRepository } from './exports.repository.js';
import { MadeTables } from './made-tables.service.js';

type Rows = AsyncGenerator<readonly ExportRow[]>;
const RANKED_ONLY = ['by', 'of', 'stat'] as const;
const RANKED: ReadonlySet<string> = new Set<MadeTable>(['rankings', 'offenders']);

/** From what a caller asked to rows. */
@Injectable()
export class ExportsService {
  constructor(
    @Inject(ExportsRepository) private readonly exports: ExportsRepository,
    @Inject(CircuitsRepository) private readonly circuits: CircuitsRepository,
    @Inject(MadeTables) private readonly made: MadeTables,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** What was asked, checked: a filter or a time that the table does not know is told, never passed over. */
  async asked(scope: OrgScope, table: ExportTable, query: ExportQuery): Promise<AskedExport> {
    for (const field of RANKED_ONLY)
      if (query[field] !== undefined && !RANKED.has(table.name)) throw invalid(field, `${table.name} has no ${field}`);
    const now = this.clock.now();
    return { now, ...periodOf(table, query, now), filters: await this.filters(scope, table, query) };
  }

  rows(scope: OrgScope, table: ExportTable, asked: AskedExport, query: ExportQuery): Rows {
    const inPostgres = SQL_TABLES.find(({ name }) => name === table.name);
    if (inPostgres !== undefined) return this.exports.texts(scope, exportQuery(inPostgres, asked));
    return this.made.rows(table.name as MadeTable, scope, { asked, query });
  }

  private async filters(scope: OrgScope, table: ExportTable, query: ExportQuery): Promise<AskedExport['filters']> {
    const filters: Partial<Record<ExportFilter, string | number>> = {};
    for (const filter of EXPORT_FILTERS) {
      const value = query[filter];
      if (value === undefined) continue;
      if (!table.filters.includes(filter)) throw invalid(filter, `${table.name} cannot be narrowed to a ${filter}`);
      filters[filter] = await this.keyOf(scope, filter, value);
    }
    return filters;
  }

  private async keyOf(scope: OrgScope, filter: ExportFilter, value: string): Promise<string | number> {
    if (filter === 'region' || filter === 'provider') return value;
    const key =
      filter === 'site'
        ? await this.circuits.siteKey(scope, value)
        : ((await this.circuits.find(scope, value, this.clock.now()))?.key ?? null);
    if (key === null) throw invalid(filter, `there is no such ${filter}`);
    return key;
  }
}

function periodOf({ name, defaultDays }: ExportTable, query: ExportQuery, now: number): { from: number; to: number } {
  if (defaultDays !== null) return parsePeriod(query, now, defaultDays * DAY_MS);
  for (const field of ['from', 'to'] as const)
    if (query[field] !== undefined) throw invalid(field, `${name} tells how things are now; leave ${field} out`);
  return { from: now, to: now };
}
