import { createHash } from 'node:crypto';
import { readersTime, type EpochMs } from '@app/domain';
import type { ArchivedReport, ReportKind } from '@app/shared';
import { escapeHtml } from '../channels/email/email.html.js';
import { domainOf } from '../channels/email/message-id.js';
import { plain } from '../channels/notice.format.js';
import type { ClaimedMail } from './mails.repository.js';

const TITLES: Readonly<Record<ReportKind, string>> = {
  summary: 'Summary report',
  executive: 'Executive overview',
  engineering: 'Engineering report',
  carrier: 'Carrier evidence',
  sle: 'Service level report',
};

/** A mail of a report, all but its files. */
export interface ReportMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Which files travel with the mail, and which are to be fetched. */
export interface MailFiles {
  readonly attached: readonly ArchivedReport[];
  readonly linked: readonly ArchivedReport[];
}

/** In base64, with its line ends. */
const encodedBytes = (bytes: number): number => Math.ceil(bytes / 57) * 78;
const MB = 1_000_000;

/** As many files as fit, in their order. */
export function fittingFiles(files: readonly ArchivedReport[], mailMaxMb: number): MailFiles {
  let left = mailMaxMb * MB;
  const attached = files.filter(({ bytes }) => {
    const size = encodedBytes(bytes);
    if (size > left) return false;
    left -= size;
    return true;
  });
  return { attached, linked: files.filter((file) => !attached.includes(file)) };
}

/** The same however often the mail is sent, and of no other database's. */
export function reportMessageId({ orgId, runId, madeAt, destination }: ClaimedMail, from: string): string {
  const receiver = createHash('sha256').update(destination).digest('hex').slice(0, 12);
  return `<report-${orgId}-${runId}-${madeAt.toString(36)}.${receiver}@${domainOf(from)}>`;
}

const periodText = ({ asked: { period, timezone } }: ClaimedMail, madeAt: EpochMs): string =>
  period === null ? readersTime(madeAt, timezone) : period.key;

/** Says what it is, of when and for what, in the time of the reader. Names come from outside. */
export function renderReportMail(mail: ClaimedMail, { attached, linked }: MailFiles, publicUrl: string | null): ReportMail {
  const { asked, orgName, orgExternalId, revision, madeAt } = mail;
  const title = TITLES[asked.kind];
  const subject = `[Report] ${title}: ${plain(orgName, 80)}, ${periodText(mail, madeAt)}`;
  const facts: (readonly [string, string])[] = [
    ['Organization', plain(orgName, 140)],
    ['Period', asked.period === null ? 'as of now' : `${asked.period.key} (whole days of the organization)`],
    ...(asked.region === null ? [] : [['Region', plain(asked.region, 140)] as const]),
    ...(asked.site === null ? [] : [['Site', plain(asked.site, 140)] as const]),
    ['Made', `${readersTime(madeAt, asked.timezone)} ${asked.timezone}`],
    ['Revision', revision],
    ['Schedule', mail.schedule],
  ];
  const url = ({ id }: ArchivedReport): string =>
    `${publicUrl ?? ''}/v1/orgs/${encodeURIComponent(orgExternalId)}/report-archive/${id}`;
  const links = linked.map((file) => ({ name: file.name, size: `${(file.bytes / MB).toFixed(1)} MB`, url: url(file) }));
  const notes = [
    attached.length === 0 ? null : `Attached: ${attached.map(({ name }) => name).join(', ')}.`,
    links.length === 0 ? null : 'Too large for a mail; get it with an API key of the organization:',
  ].filter((note) => note !== null);
  const text = [
    title,
    '',
    ...facts.map(([label, value]) => `${label}: ${value}`),
    '',
    ...notes,
    ...links.map((link) => `  ${link.name} (${link.size}): ${link.url}`),
    '',
  ].join('\n');
  return { subject, text, html: html(title, facts, { notes, links }) };
}

interface Links {
  readonly notes: readonly string[];
  readonly links: readonly { readonly name: string; readonly size: string; readonly url: string }[];
}

const STYLE = `body{margin:0;padding:16px;color:#1d2430;background:#fff;font:15px/1.45 -apple-system,"Segoe UI",Roboto,Arial,sans-serif}
h1{margin:0 0 12px;font-size:20px}th{padding:2px 16px 2px 0;text-align:left;font-weight:600;vertical-align:top}td{padding:2px 0}a{color:#1b5fc1}
@media (prefers-color-scheme:dark){body{color:#e6e9ee;background:#1b212a}a{color:#8ab8ff}}`;

function html(title: string, facts: readonly (readonly [string, string])[], { notes, links }: Links): string {
  const rows = facts.map(([label, value]) => `<tr><th>${label}</th><td dir="auto">${escapeHtml(value)}</td></tr>`);
  const isAddress = (url: string): boolean => /^https?:\/\//.test(url);
  const items = links.map(({ name, size, url }) => {
    const where = isAddress(url)
      ? `<a href="${escapeHtml(url)}">${escapeHtml(name)}</a>`
      : `${escapeHtml(name)}: ${escapeHtml(url)}`;
    return `<li>${where} (${size})</li>`;
  });
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">',
    `<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body>`,
    `<h1>${escapeHtml(title)}</h1>`,
    `<table>${rows.join('')}</table>`,
    ...notes.map((note) => `<p>${escapeHtml(note)}</p>`),
    ...(items.length === 0 ? [] : [`<ul>${items.join('')}</ul>`]),
    '</body></html>',
  ].join('\n');
}
