import 'reflect-metadata';
import { CommanderError } from 'commander';
import { scrubText } from '@app/shared';
import { ExitError } from './commands/exit-error.js';
import type { Shell } from './commands/context.js';
import { program } from './program.js';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // The first asks for an orderly end, the second ends at once.
  process.on(signal, () => (stop.signal.aborted ? process.exit(130) : stop.abort()));
}

const shell: Shell = {
  variables: process.env,
  dataDir: process.env['MISTWATCH_DATA_DIR'] ?? '.data',
  print: (line) => process.stdout.write(`${line}\n`),
  warn: (line) => process.stderr.write(`${line}\n`),
};

/** A failure people can act on is one line; anything else shows where it came from. Secrets in neither. */
function failed(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const isExpected = error instanceof ExitError || (error instanceof Error && 'code' in error);
  const text = error instanceof Error ? (isExpected ? error.message : (error.stack ?? error.message)) : String(error);
  shell.warn(`mistwatch: ${scrubText(text)}`);
  return error instanceof ExitError ? error.exitCode : 1;
}

try {
  await program(shell, stop.signal).parseAsync();
} catch (error) {
  process.exitCode = failed(error);
}
