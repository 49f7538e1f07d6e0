import { JobPublisher, loadEnv, PostgresDeadJobStore, replay } from '@app/shared';
import { withDatabase, type Shell } from './context.js';
import { withServers } from './servers.js';

/** `mistwatch dead-jobs [--replay ID|all]`: what failed for good and why; replaying puts it back on its queue. */
export async function deadJobsCommand(shell: Shell, replayId: string | null): Promise<void> {
  await withServers(shell, (servers) =>
    withDatabase(servers.databaseUrl, async (database) => {
      const store = new PostgresDeadJobStore(database.pool);
      if (replayId === null) {
        for (const { id, queue, name, failedAt, code, reason, attempts } of await store.list()) {
          shell.print(JSON.stringify({ id, queue, name, failedAt, attempts, code, reason }));
        }
        return;
      }
      const publisher = new JobPublisher(loadEnv({ ...shell.variables, ...servers.variables }).queue);
      try {
        const replayed = await replay(store, publisher, replayId);
        shell.print(`${replayed.length} jobs are back on their queues.`);
      } finally {
        await publisher.close();
      }
    }),
  );
}
