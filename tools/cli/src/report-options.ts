import { REPORT_FORMATS, REPORT_KINDS, type ReportFormat } from '@app/shared';
import { Option, type Command } from 'commander';
import type { Shell } from './commands/context.js';
import { REPORT_MODES, type ReportOptions } from './commands/report-modes.js';

const FORMATS = Object.keys(REPORT_FORMATS) as ReportFormat[];

/** `mistwatch report` and its options. */
export function addReportCommand(root: Command, shell: Shell): void {
  root
    .command('report')
    .description('print or write the reports')
    .requiredOption('--org <id>', 'organization')
    .addOption(new Option('--kind <kind>', 'a report in any format').choices(REPORT_KINDS).conflicts('mode'))
    .addOption(new Option('--format <format>', 'of the report that --kind names').choices(FORMATS).default('text'))
    .option('--from <time>', 'RFC 3339; default seven days before the end')
    .option('--to <time>', 'RFC 3339; default the beginning of today')
    .option('--region <name>', 'what belonged to this region')
    .option('--site <id>', 'one site')
    .addOption(new Option('--mode <mode>', 'dashboard and summary as text').choices(REPORT_MODES).default('report'))
    .option('--out <folder>', 'write files there instead of printing')
    .option('--json', 'print the dashboard as JSON', false)
    .action(async (given: ReportOptions) => (await import('./commands/report.js')).reportCommand(shell, given));
}
