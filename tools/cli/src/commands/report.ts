import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderHealthDashboard, renderSummaryReport, reportFileName, type ReportModel } from '@app/domain';
import { clockOf, loadReportModel, requireOrg } from '@app/shared';
import { ExitError } from './exit-error.js';
import { configured, withDatabase, type Shell } from './context.js';
import { withServers } from './servers.js';

export const REPORT_MODES = ['monitor', 'insights', 'report', 'all'] as const;
export type ReportMode = (typeof REPORT_MODES)[number];

export interface ReportOptions {
  readonly org: string;
  readonly mode: ReportMode;
  /** Folder for the files; without it the report is printed. */
  readonly out?: string;
  readonly json: boolean;
}

interface ReportFile {
  readonly name: string;
  readonly content: string;
}

/** `mistwatch report`: the dashboard (monitor), the summary (report, insights) or both, printed or written as files. */
export async function reportCommand(shell: Shell, options: ReportOptions): Promise<void> {
  if (!REPORT_MODES.includes(options.mode))
    throw new ExitError(`"${options.mode}" is no mode. Known modes: ${REPORT_MODES.join(', ')}.`, 2);
  const model = await withServers(shell, (servers) =>
    withDatabase(servers.databaseUrl, async (database) => {
      const org = await requireOrg(database, options.org);
      const { env, settings } = configured({ ...shell, variables: { ...shell.variables, ...servers.variables } });
      return loadReportModel(database, org.id, clockOf(env.clockFile).now(), settings);
    }),
  );
  const files = filesOf(model, options.mode);
  if (options.json) {
    shell.print(JSON.stringify(renderHealthDashboard(model).json));
    return;
  }
  if (options.out === undefined) {
    for (const { name, content } of files) if (name.endsWith('.txt')) shell.print(content);
    return;
  }
  await mkdir(options.out, { recursive: true });
  for (const { name, content } of files) {
    await writeFile(join(options.out, name), content);
    shell.print(join(options.out, name));
  }
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
