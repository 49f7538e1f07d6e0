import type { Command } from 'commander';
import type { Shell } from './commands/context.js';
import type { FactsOptions } from './commands/facts.js';

/** `mistwatch facts` and its options. */
export function addFactsCommand(root: Command, shell: Shell): void {
  root
    .command('facts')
    .description('write the facts of a day as NDJSON for a warehouse')
    .requiredOption('--org <id>', 'organization')
    .requiredOption('--day <date>', 'day that is over, such as 2026-03-01')
    .requiredOption('--out <folder>', 'folder for the files')
    .option('--json', 'print the manifest', false)
    .action(async (given: FactsOptions) => (await import('./commands/facts.js')).factsCommand(shell, given));
}
