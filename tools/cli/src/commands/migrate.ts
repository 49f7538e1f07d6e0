import { runMigrations } from '@app/shared';
import { startPostgres } from '@app/shared/infra';
import type { Shell } from './context.js';

/** `mistwatch migrate`: brings the database to the newest schema; safe to run from several places at once. */
export async function migrateCommand(shell: Shell): Promise<void> {
  const postgres = await startPostgres({ dataDir: shell.dataDir, env: shell.variables });
  try {
    const applied = await runMigrations(postgres.url);
    shell.print(applied.length === 0 ? 'The schema is up to date.' : `Applied: ${applied.join(', ')}`);
  } finally {
    await postgres.stop();
  }
}
