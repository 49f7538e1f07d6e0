import { setTimeout as delay } from 'node:timers/promises';
import { CollectService } from '@app/collector';
import { COLLECT_KINDS, Database, clockOf, type CollectKind, type Runtime } from '@app/shared';
import { startStack } from '../stack/stack.js';
import { configured, pollable, type Shell } from './context.js';
import { ExitError } from './exit-error.js';
import { withServers } from './servers.js';

export interface CollectOptions {
  readonly org?: string;
  readonly kinds?: string;
  readonly json: boolean;
}

const COMMIT_PATIENCE_MS = 120_000;
const LOOK_EVERY_MS = 50;

/** `mistwatch collect`: polls now, and returns when what was read is committed. Exit code 1 when a poll failed. */
export async function collectCommand(shell: Shell, options: CollectOptions): Promise<void> {
  const kinds = kindsOf(options.kinds);
  const failed = await withServers(shell, async (servers) => {
    const configuration = configured({ ...shell, variables: { ...shell.variables, ...servers.variables } });
    const { env } = configuration;
    const settings = pollable(shell, configuration);
    const orgIds = settings.orgs
      .filter(({ id, enabled }) => enabled && (options.org === undefined || id === options.org))
      .map(({ id }) => id);
    if (orgIds.length === 0) throw new ExitError(`No enabled organization ${options.org ?? ''} in ${env.configFile}.`, 2);
    const runtime: Runtime = { env, settings, clock: clockOf(env.clockFile), queue: env.queue, databaseUrl: env.databaseUrl };
    const stack = await startStack({ runtime, isDriven: true, apiPort: null, without: ['notifier'] });
    try {
      return await poll(
        shell,
        { collect: stack.worker('collector').app.get(CollectService, { strict: false }), database: stack.database },
        { orgIds, kinds, json: options.json },
      );
    } finally {
      await stack.close();
    }
  });
  if (failed > 0) throw new ExitError(`${failed} polls failed; see above.`);
}

function kindsOf(text: string | undefined): readonly CollectKind[] {
  if (text === undefined) return COLLECT_KINDS;
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !COLLECT_KINDS.some((kind) => kind === name));
  if (unknown.length > 0) throw new ExitError(`Unknown kinds: ${unknown.join(', ')}. Known: ${COLLECT_KINDS.join(', ')}.`, 2);
  return COLLECT_KINDS.filter((kind) => names.includes(kind));
}

interface Parts {
  readonly collect: CollectService;
  readonly database: Database;
}

async function poll(
  shell: Shell,
  { collect, database }: Parts,
  { orgIds, kinds, json }: { orgIds: readonly string[]; kinds: readonly CollectKind[]; json: boolean },
): Promise<number> {
  let failed = 0;
  for (const orgId of orgIds) {
    for (const kind of kinds) {
      const result = await collect.runCycle(orgId, kind);
      if (result.is === 'failed') failed += 1;
      shell.print(json ? JSON.stringify({ orgId, kind, ...result }) : `${orgId} ${kind.padEnd(14)} ${describe(result)}`);
      if (result.is === 'done') await untilCommitted(database, result.cycleId);
    }
  }
  return failed;
}

function describe(result: Awaited<ReturnType<CollectService['runCycle']>>): string {
  if (result.is === 'done') return `${result.records} records on ${result.pages} pages with ${result.calls} calls`;
  return result.is === 'idle' ? 'skipped: another collector polls it at this moment' : `failed: ${result.code}: ${result.reason}`;
}

async function untilCommitted(database: Database, cycleId: string): Promise<void> {
  const deadline = Date.now() + COMMIT_PATIENCE_MS;
  while ((await database.query('select 1 from poll_cycle where cycle_id = $1 and committed_at is null', [cycleId])).length > 0) {
    if (Date.now() > deadline)
      throw new ExitError(
        `The analyzer did not commit cycle ${cycleId} within ${COMMIT_PATIENCE_MS / 1000} s; see dead_job and the log.`,
      );
    await delay(LOOK_EVERY_MS);
  }
}
