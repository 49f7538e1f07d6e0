import { importFile, IMPORT_KINDS, isImportKind, type ImportProgress } from '@app/analyzer';
import { findOrg } from '@app/shared';
import { rollUp } from './aggregate.js';
import { ExitError } from './exit-error.js';
import { configured, withDatabase, type Shell } from './context.js';
import { withServers } from './servers.js';

/** Faulty lines printed one by one; the rest is counted. */
const SHOWN_ERRORS = 100;

export interface ImportOptions {
  readonly org: string;
  readonly json: boolean;
}

/** `mistwatch import KIND FILE --org ID`: exit code 1 when lines were refused, after everything else was stored. */
export async function importCommand(shell: Shell, kind: string, file: string, options: ImportOptions): Promise<void> {
  if (!isImportKind(kind)) throw new ExitError(`"${kind}" is no kind of import. Known kinds: ${IMPORT_KINDS.join(', ')}.`, 2);
  const result = await withServers(shell, (servers) => {
    const { settings } = configured({ ...shell, variables: { ...shell.variables, ...servers.variables } });
    return withDatabase(servers.databaseUrl, async (database) => {
      const now = Date.now();
      const onProgress = ({ rows }: ImportProgress): void => shell.warn(`${rows} rows read ...`);
      const imported = await importFile({ database, kind, file, orgExternalId: options.org, now, settings, onProgress });
      const org = await findOrg(database, options.org.trim());
      // Days, weeks and months are right when the command returns, whether a service runs beside it or not.
      if (org !== null) await rollUp(shell, { database, settings, org, now });
      return imported;
    });
  });
  if (options.json) shell.print(JSON.stringify({ kind, file, ...result }));
  else {
    const { refused } = result;
    for (const error of result.errors.slice(0, SHOWN_ERRORS))
      shell.warn(`${file}:${error.line}: ${error.column === null ? '' : `${error.column}: `}${error.reason}`);
    if (refused > SHOWN_ERRORS) shell.warn(`... and ${refused - SHOWN_ERRORS} more faulty lines`);
    shell.print(`${kind}: ${result.rows} rows read, ${result.stored} stored, ${result.unchanged} unchanged, ${refused} refused`);
  }
  if (result.refused > 0) throw new ExitError(`${result.refused} of ${result.rows} lines were refused; all others are stored.`);
}
