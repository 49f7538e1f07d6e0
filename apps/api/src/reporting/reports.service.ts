import { Inject, Injectable } from '@nestjs/common';
import {
  CLOCK,
  Database,
  loadReport,
  renderReport,
  ReportRefused,
  SETTINGS,
  type AskedReport,
  type Clock,
  type RenderedReport,
  type ReportKind,
  type Settings,
} from '@app/shared';
import type { OrgScope } from '../access/org-scope.js';
import { invalid } from '../http/problem.js';
import { parseTime } from '../http/times.js';
import type { ReportQuery } from './reports.query.js';

export interface FoundReport {
  /** The same while the report says the same. */
  readonly revision: string;
  readonly render: () => Promise<RenderedReport>;
}

@Injectable()
export class ReportsService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  async report(scope: OrgScope, kind: ReportKind, query: ReportQuery): Promise<FoundReport> {
    const asked = this.asked(scope, query);
    const report = await loadReport(this.database, kind, { asked, settings: this.settings }).catch((error: unknown) => {
      throw error instanceof ReportRefused ? invalid(error.field, error.message) : error;
    });
    return { revision: report.revision, render: () => renderReport(report, kind, query.format) };
  }

  private asked({ orgId }: OrgScope, { from, to, region, site }: ReportQuery): AskedReport {
    return {
      orgId,
      now: this.clock.now(),
      ...(from === undefined ? {} : { from: parseTime('from', from) }),
      ...(to === undefined ? {} : { to: parseTime('to', to) }),
      ...(region === undefined ? {} : { region }),
      ...(site === undefined ? {} : { site }),
    };
  }
}
