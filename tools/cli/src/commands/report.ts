import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderHealthDashboard, renderSummaryReport, reportFileName, type ReportModel } from '@app/domain';
import {
  clockOf,
  loadReport,
  loadReportModel,
  renderReport,
  ReportRefused,
  requireOrg,
  type AskedReport,
  type Database,
  type ReportKind,
  type Settings,
} from '@app/shared';
import { ExitError } from './exit-error.js';
import { configured, withDatabase, type Shell } from './context.js';
import { REPORT_MODES, type ReportMode, type ReportOptions } from './report-modes.js';
import { withServers } from './servers.js';

interface ReportFile {
  readonly name: string;
  readonly content: string | Buffer;
}

interface Asking {
  readonly database: Database;
  readonly orgId: number;
  readonly now: number;
  readonly settings: Settings;
}

/** `mistwatch report`: a report in any format (`--kind`), or dashboard and summary as text (`--mode`), printed or written as files. */
export async function reportCommand(shell: Shell, options: ReportOptions): Promise<void> {
  if (!REPORT_MODES.includes(options.mode))
    throw new ExitError(`"${options.mode}" is no mode. Known modes: ${REPORT_MODES.join(', ')}.`, 2);
  const { kind } = options;
  const isBinary = options.format === 'pdf' || options.format === 'xlsx';
  if (kind !== undefined && isBinary && options.out === undefined)
    throw new ExitError(`A ${options.format} file cannot be printed: say with --out into which folder it goes.`, 2);
  const files = await asking(shell, options.org, async (given) =>
    kind === undefined
      ? modeFiles(await loadReportModel(given.database, given.orgId, given.now, given.settings), options)
      : [await kindFile(given, kind, options)],
  );
  if (options.out === undefined || options.json) {
    for (const { content } of files) shell.print(content.toString());
    return;
  }
  await mkdir(options.out, { recursive: true });
  for (const { name, content } of files) {
    await writeFile(join(options.out, name), content);
    shell.print(join(options.out, name));
  }
}

function asking<T>(shell: Shell, orgId: string, work: (given: Asking) => Promise<T>): Promise<T> {
  return withServers(shell, (servers) =>
    withDatabase(servers.databaseUrl, async (database) => {
      const org = await requireOrg(database, orgId);
      const { env, settings } = configured({ ...shell, variables: { ...shell.variables, ...servers.variables } });
      return work({ database, orgId: org.id, now: clockOf(env.clockFile).now(), settings });
    }),
  );
}

function timeOption(name: 'from' | 'to', text: string | undefined): { from?: number; to?: number } {
  if (text === undefined) return {};
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new ExitError(`--${name} "${text}" is no time. Write one such as 2026-03-01T00:00:00Z.`, 2);
  return { [name]: at };
}

async function kindFile(
  { database, orgId, now, settings }: Asking,
  kind: ReportKind,
  options: ReportOptions,
): Promise<ReportFile> {
  const { from, to, region, site, format } = options;
  const asked: AskedReport = {
    orgId,
    now,
    ...timeOption('from', from),
    ...timeOption('to', to),
    ...(region === undefined ? {} : { region }),
    ...(site === undefined ? {} : { site }),
  };
  const report = await loadReport(database, kind, { asked, settings }).catch((error: unknown) => {
    throw error instanceof ReportRefused ? new ExitError(`--${error.field}: ${error.message}.`, 2) : error;
  });
  const { fileName, bytes } = await renderReport(report, kind, format);
  return { name: fileName, content: bytes };
}

/** What a mode prints is text; what it writes is everything it has. */
function modeFiles(model: ReportModel, { mode, json, out }: ReportOptions): ReportFile[] {
  if (json)
    return [
      { name: reportFileName('dashboard-json', model.generatedAt), content: JSON.stringify(renderHealthDashboard(model).json) },
    ];
  const files = filesOf(model, mode);
  return out === undefined ? files.filter(({ name }) => name.endsWith('.txt')) : files;
}

function filesOf(model: ReportModel, mode: ReportMode): ReportFile[] {
  const dashboard = renderHealthDashboard(model);
  const summary = { name: reportFileName('summary', model.generatedAt), content: renderSummaryReport(model) };
  const monitor = [
    { name: reportFileName('dashboard-text', model.generatedAt), content: dashboard.text },
    { name: reportFileName('dashboard-json', model.generatedAt), content: `${JSON.stringify(dashboard.json, null, 2)}\n` },
  ];
  if (mode === 'monitor') return monitor;
  return mode === 'all' ? [summary, ...monitor] : [summary];
}
