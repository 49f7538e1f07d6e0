import { createHash } from 'node:crypto';
import {
  carrierDocument,
  engineeringDocument,
  executiveDocument,
  HEALTH_STATUSES,
  renderSummaryReport,
  sleDocument,
  summaryDocument,
  type ReportDocument,
  type ReportModel,
} from '@app/domain';
import type { Settings } from '../config/settings.js';
import type { Queryable } from '../database/database.js';
import { loadReportModel } from '../database/report.repository.js';
import { ReportRefused, type AskedReport } from '../database/reports/period.js';
import { loadSlePeriod } from '../database/reports/sle-report.repository.js';
import { loadCarrierPeriod, loadWanPeriod } from '../database/reports/wan-report.repository.js';
import type { ReportKind } from './kinds.js';

/** A report that is ready to be told in any format. */
export interface LoadedReport {
  readonly document: ReportDocument;
  /** Plain text of its own, where it has one. */
  readonly text?: string;
  /** The same while the report says the same. */
  readonly revision: string;
}

interface Asking {
  readonly db: Queryable;
  readonly asked: AskedReport;
  readonly settings: Settings;
}
type Load = (asking: Asking) => Promise<Omit<LoadedReport, 'revision'>>;

const LOADERS: Readonly<Record<ReportKind, Load>> = {
  summary: async ({ db, asked, settings }) => {
    const model = narrowed(await loadReportModel(db, asked.orgId, asked.now, settings), asked);
    return { document: summaryDocument(model), text: renderSummaryReport(model) };
  },
  executive: async ({ db, asked, settings }) => ({
    document: executiveDocument({ wan: await loadWanPeriod(db, asked), sle: await loadSlePeriod(db, asked, settings) }),
  }),
  engineering: async ({ db, asked }) => ({ document: engineeringDocument(await loadWanPeriod(db, asked)) }),
  carrier: async ({ db, asked, settings }) => ({
    document: carrierDocument(await loadCarrierPeriod(db, asked, settings.reports.contracts)),
  }),
  sle: async ({ db, asked, settings }) => ({ document: sleDocument(await loadSlePeriod(db, asked, settings)) }),
};

/** Reads a report of the given kind; `ReportRefused` says what of the question is wrong. */
export async function loadReport(
  db: Queryable,
  kind: ReportKind,
  { asked, settings }: Omit<Asking, 'db'>,
): Promise<LoadedReport> {
  const { document, ...rest } = await LOADERS[kind]({ db, asked, settings });
  const revision = createHash('sha256').update(JSON.stringify(document)).digest('hex').slice(0, 12);
  return { ...rest, document: { ...document, facts: [...document.facts, ['Revision', revision]] }, revision };
}

/** The summary of one region or site: its health is that of its worst site. What is told of the organization as a whole is left out. */
function narrowed(model: ReportModel, { from, to, region, site }: AskedReport): ReportModel {
  if (from !== undefined) throw new ReportRefused('from', 'the summary tells how things are now; leave from out');
  if (to !== undefined) throw new ReportRefused('to', 'the summary tells how things are now; leave to out');
  if (region === undefined && site === undefined) return model;
  const sites = model.sites.filter(
    (each) => (site === undefined || each.id === site) && (region === undefined || each.region === region),
  );
  if (site !== undefined && !model.sites.some(({ id }) => id === site)) throw new ReportRefused('site', 'there is no such site');
  const circuits = sites.flatMap((each) => each.circuits);
  const count = (state: string): number => circuits.filter((circuit) => circuit.state === state).length;
  const ids = new Set(sites.map(({ id }) => id));
  const { trends: _trends, ...rest } = model;
  const status = HEALTH_STATUSES.findLast((each) => sites.some((of) => of.status === each)) ?? 'UNKNOWN';
  return {
    ...rest,
    org: { ...model.org, status },
    sites,
    alerts: model.alerts.filter(({ siteId }) => siteId !== null && ids.has(siteId)),
    circuits: { total: circuits.length, up: count('up'), down: count('down'), unknown: count('unknown') },
  };
}
