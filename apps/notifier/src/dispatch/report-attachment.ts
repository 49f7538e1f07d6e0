import { renderSummaryReport, reportFileName, type ReportModel } from '@app/domain';
import type { OutgoingDelivery } from '../channels/channel.js';

/** In base64 a third more; with both bodies the mail stays below 1 MB. */
const MAX_REPORT_BYTES = 500_000;
const LIMITS = { details: 500, sites: 500 };

/** File name and text of a report, the worst first, small enough for a mail. */
export function reportAttachment(model: ReportModel): NonNullable<OutgoingDelivery['report']> {
  const text = clipBytes(renderSummaryReport(model, LIMITS), MAX_REPORT_BYTES);
  return { fileName: reportFileName('summary', model.generatedAt), text };
}

function clipBytes(text: string, max: number): string {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= max) return text;
  const cut = bytes.subarray(0, max).toString('utf8');
  return `${cut.slice(0, cut.lastIndexOf('\n'))}\n\n... cut here: the whole report is at the link in the mail.\n`;
}
