import { checkSettings, describeSettings, formatFault, loadSettings } from '@app/shared';
import { ExitError } from './exit-error.js';
import type { Shell } from './context.js';

const fileOf = (shell: Shell): string => shell.variables['CONFIG_FILE'] ?? 'config/mistwatch.yaml';

/** `mistwatch config check`: every fault with its place; exit code 1 when there is one. */
export function checkConfigCommand(shell: Shell): void {
  const file = fileOf(shell);
  const faults = checkSettings(file, shell.variables);
  for (const fault of faults) shell.warn(formatFault(fault));
  if (faults.length > 0) throw new ExitError(`${file}: ${faults.length} faults.`);
  shell.print(`${file}: no faults.`);
}

/** `mistwatch config print`: what is in force, defaults included, secrets hidden. */
export function printConfigCommand(shell: Shell): void {
  checkConfigCommand({ ...shell, print: () => undefined });
  const settings = loadSettings({ configFile: fileOf(shell), variables: shell.variables });
  shell.print(JSON.stringify(describeSettings(settings), null, 2));
}
