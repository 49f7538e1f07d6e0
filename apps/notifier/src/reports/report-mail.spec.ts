import type { ArchivedReport } from '@app/shared';
import type { ClaimedMail } from './mails.repository.js';
import { fittingFiles, renderReportMail, reportMessageId } from './report-mail.js';

const MB = 1_000_000;
const AT = Date.UTC(2026, 2, 2, 6);
const MAIL: ClaimedMail = {
  orgId: 1,
  orgExternalId: 'org/1',
  orgName: 'Example Retail',
  runId: 7,
  schedule: 'monday',
  asked: {
    kind: 'executive',
    formats: ['pdf'],
    region: null,
    site: null,
    period: { key: '2026-W09', from: 0, to: 1 },
    timezone: 'Asia/Kolkata',
    to: [],
  },
  revision: '0b6c5b7f2a1d',
  destination: 'email:boss@example.com',
  createdAt: AT,
  madeAt: AT,
  claimedBy: 'me',
  attempts: 0,
  unanswered: 0,
};
const file = (id: number, bytes: number): ArchivedReport => ({
  id,
  kind: 'executive',
  format: 'pdf',
  periodFrom: null,
  periodTo: null,
  region: null,
  site: null,
  revision: '0b6c5b7f2a1d',
  name: `EXECUTIVE_REPORT_${id}.pdf`,
  madeAt: new Date(AT),
  archivedAt: null,
  bytes,
  sha256: '',
  schedules: [],
});
const ids = (files: readonly ArchivedReport[]): number[] => files.map(({ id }) => id);

describe('a mail of a report', () => {
  it('takes what fits as it travels, in order, and links the rest', () => {
    // In base64 with line ends a third more: 7.3 MB are just below 10.
    const { attached, linked } = fittingFiles([file(1, 7.3 * MB), file(2, MB), file(3, 0)], 10);
    expect([ids(attached), ids(linked)]).toEqual([[1, 3], [2]]);
  });

  it('says what it is in the time of the reader, and where the rest is', () => {
    const mail = renderReportMail(MAIL, { attached: [file(1, 1)], linked: [file(2, 20 * MB)] }, 'https://mistwatch.example.com');
    expect(mail.subject).toBe('[Report] Executive overview: Example Retail, 2026-W09');
    expect(mail.text).toContain('Made: 2026-03-02 11:30 Asia/Kolkata\nRevision: 0b6c5b7f2a1d\n');
    expect(mail.text).toContain('Attached: EXECUTIVE_REPORT_1.pdf.');
    expect(mail.text).toContain(
      '  EXECUTIVE_REPORT_2.pdf (20.0 MB): https://mistwatch.example.com/v1/orgs/org%2F1/report-archive/2\n',
    );
    expect(mail.html).toContain('href="https://mistwatch.example.com/v1/orgs/org%2F1/report-archive/2"');
    expect(renderReportMail(MAIL, { attached: [], linked: [file(2, 1)] }, null).html).not.toContain('href');
  });

  it('lets no name write headers or HTML', () => {
    const hostile = 'x\r\nBcc: thief@example.com\u202e<script>alert(1)</script>';
    const asked = { ...MAIL.asked, region: hostile, site: hostile };
    const { subject, text, html } = renderReportMail({ ...MAIL, orgName: hostile, asked }, { attached: [], linked: [] }, null);
    expect(subject).not.toMatch(/[\r\n\u202e]/);
    expect(text).not.toMatch(/^Bcc:/m);
    expect(html).not.toContain('<script');
  });

  it('has one id for each reader and run', () => {
    const from = 'mistwatch <mistwatch@example.com>';
    const id = reportMessageId(MAIL, from);
    expect(id).toMatch(/^<report-1-7-[a-z0-9]+\.[0-9a-f]{12}@example\.com>$/);
    expect(reportMessageId({ ...MAIL, attempts: 3, claimedBy: 'other' }, from)).toBe(id);
    expect(reportMessageId({ ...MAIL, destination: 'email:anna@example.com' }, from)).not.toBe(id);
    expect(reportMessageId({ ...MAIL, runId: 8 }, from)).not.toBe(id);
  });
});
