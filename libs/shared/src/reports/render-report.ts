import { documentJson, renderCsv, renderHtml, renderPlain, sheetsOf } from '@app/domain';
import { renderPdf } from '../documents/pdf.js';
import { writeWorkbook } from '../documents/workbook.js';
import { REPORT_FORMATS, type ReportFormat, type ReportKind } from './kinds.js';
import type { LoadedReport } from './load-report.js';

type Render = (report: LoadedReport) => Promise<Buffer> | string;

const RENDERERS: Readonly<Record<ReportFormat, Render>> = {
  text: ({ text, document }) => text ?? renderPlain(document),
  json: ({ document }) => `${JSON.stringify(documentJson(document), null, 2)}\n`,
  html: ({ document }) => renderHtml(document),
  pdf: ({ document }) => renderPdf(document),
  csv: ({ document }) => renderCsv(document),
  xlsx: ({ document }) => writeWorkbook(sheetsOf(document)),
};

export interface RenderedReport {
  readonly bytes: Buffer;
  readonly type: string;
  /** Such as `CARRIER_REPORT_20260301T000000Z.pdf`. */
  readonly fileName: string;
}

/** A report in a format; the same report gives the same bytes. */
export async function renderReport(report: LoadedReport, kind: ReportKind, format: ReportFormat): Promise<RenderedReport> {
  const { type, extension } = REPORT_FORMATS[format];
  const stamp = new Date(report.document.at).toISOString().slice(0, 19).replace(/[-:]/g, '');
  const body = await RENDERERS[format](report);
  return { bytes: Buffer.from(body), type, fileName: `${kind.toUpperCase()}_REPORT_${stamp}Z.${extension}` };
}
