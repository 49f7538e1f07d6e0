import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scratchFolder, startPostgres, startQueue, type PostgresEngine, type Variables } from '@app/shared';
import { CHROMIUM, ensureInstalled, POSTGRES, REDIS } from './system-packages.js';
import { countOf, summaryLine, sumOf, type TestCount } from './test-count.js';
import { runStep, type Step, type StepOutcome } from './test-step.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const STATIC_STEPS: readonly Step[] = [
  { name: 'lint', script: 'lint' },
  { name: 'format', script: 'format:check' },
  { name: 'types', script: 'types' },
  { name: 'dependency rules', script: 'deps' },
];
/** A zone without whole hours and with daylight saving: what is wrong with local time shows there. */
const UNIT_RUNS: readonly Step[] = [
  { name: 'unit, UTC', script: 'test:unit', env: { TZ: 'UTC' } },
  { name: 'unit, St. John’s', script: 'test:unit', env: { TZ: 'America/St_Johns' } },
];
const END_TO_END: Step = { name: 'end to end', script: 'test:e2e' };
/** A server that was named is the one for everything. */
const NAMED_RUNS: readonly Step[] = [{ name: 'integration', script: 'test:int' }, END_TO_END];
/** Of the notifier as a whole; its channels have their own. */
const STORIES = '/apps/notifier/src/[a-z.-]+int-spec';
const ENGINES: readonly PostgresEngine[] = ['embedded', 'system'];
/** What makes facts and all that is computed from them. */
const ENGINE = 'apps/analyzer/src/(facts|failovers|gateways|imports|links|rollups|sle)/';
/**
 * The Postgres that comes along is the newest supported one, the system's usually an older one. The engine and the schema run on both; the API and
 * the stories of the notifier on the older one, which knows less, and on the newer one end to end; the rest on the newer one.
 */
const SERVER_RUNS: Readonly<Record<PostgresEngine, readonly Step[]>> = {
  embedded: [
    {
      name: 'integration',
      script: 'test:int',
      args: ['/node_modules/', '/dist/', '/apps/api/', STORIES].map((path) => `--testPathIgnorePatterns=${path}`),
    },
    END_TO_END,
  ],
  system: [
    {
      name: 'integration, Postgres of the system',
      script: 'test:int',
      args: [ENGINE, 'apps/api/', 'libs/shared/src/database/', STORIES],
    },
  ],
};

/** Everything that must hold, from format to the whole system; the last line is the sum of all tests. Resolves to the exit code. */
export async function runTestCommand(argv: readonly string[]): Promise<number> {
  if (argv.length > 0) {
    console.error(`mistwatch test takes no arguments, but got "${argv.join(' ')}"; for one spec run: npx jest path/to/x.spec.ts`);
    return 2;
  }
  const env: Variables = { ...process.env };
  const hasRedis = await ensureInstalled(REDIS, env);
  await ensureInstalled(CHROMIUM, env);
  await ensureInstalled(POSTGRES, env);
  const reports = join(ROOT, 'reports');
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports);

  const outcomes = await runSideBySide(STATIC_STEPS, env);
  const jest = new JestRuns(reports);
  for (const step of UNIT_RUNS) await jest.run(step, env);
  if (env['TEST_DATABASE_URL'] !== undefined) await runOnServers('embedded', NAMED_RUNS, { env, hasRedis, jest });
  else for (const engine of ENGINES) await runOnServers(engine, SERVER_RUNS[engine], { env, hasRedis, jest });
  const broken = [...outcomes, ...jest.outcomes].filter(({ isOk }) => !isOk);
  if (broken.length > 0) console.log(`failed steps: ${broken.map(({ name }) => name).join(', ')}`);
  console.log(summaryLine(jest.sum));
  return broken.length === 0 && jest.sum.failed === 0 ? 0 : 1;
}

/** Two at a time: each of them works on one core. */
async function runSideBySide(steps: readonly Step[], env: Variables): Promise<StepOutcome[]> {
  const waiting = [...steps];
  const outcomes: StepOutcome[] = [];
  const lane = async (): Promise<void> => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) outcomes.push(await runStep(step, ROOT, env));
  };
  await Promise.all([lane(), lane()]);
  return outcomes;
}

interface Bench {
  readonly env: Variables;
  readonly hasRedis: boolean;
  readonly jest: JestRuns;
}

/** Servers of our own for all runs on one engine, so that they start once. */
async function runOnServers(engine: PostgresEngine, steps: readonly Step[], { env, hasRedis, jest }: Bench): Promise<void> {
  const dataDir = scratchFolder(ROOT, engine === 'embedded' ? 'test' : `test-${engine}`);
  const given = { ...env, DATABASE_URL: env['TEST_DATABASE_URL'], REDIS_URL: env['TEST_REDIS_URL'] };
  const servers = await startServers({ dataDir, env: given, engine, hasRedis }).catch((error: unknown) => {
    jest.couldNotRun(steps, error);
    return null;
  });
  if (servers === null) return;
  try {
    for (const step of steps) await jest.run(step, { ...env, ...servers.urls });
  } finally {
    await servers.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

interface Servers {
  readonly urls: Variables;
  stop(): Promise<void>;
}

async function startServers(wanted: {
  dataDir: string;
  env: Variables;
  engine: PostgresEngine;
  hasRedis: boolean;
}): Promise<Servers> {
  const { dataDir, env, engine, hasRedis } = wanted;
  const postgres = await startPostgres({ dataDir, env, engine, durability: 'throwaway' });
  // Without Redis the specs that need one say so themselves.
  if (!hasRedis) return { urls: { TEST_DATABASE_URL: postgres.url }, stop: () => postgres.stop() };
  try {
    const queue = await startQueue({ dataDir, env, databaseUrl: postgres.url, prefer: 'redis' });
    const stop = async (): Promise<void> => {
      await queue.stop();
      await postgres.stop();
    };
    return { urls: { TEST_DATABASE_URL: postgres.url, TEST_REDIS_URL: queue.url }, stop };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

/** Runs jest again and again and adds up what it counts. */
class JestRuns {
  readonly outcomes: StepOutcome[] = [];
  private readonly counts: TestCount[] = [];

  constructor(private readonly reports: string) {}

  get sum(): TestCount {
    return sumOf(this.counts);
  }

  async run(step: Step, env: Variables): Promise<void> {
    const report = join(this.reports, `jest-${this.counts.length + 1}.json`);
    this.outcomes.push(await runStep({ ...step, args: [...(step.args ?? []), '--json', `--outputFile=${report}`] }, ROOT, env));
    // Without a report jest itself broke; that is a failure, not nothing.
    this.counts.push(existsSync(report) ? countOf(report) : { passed: 0, failed: 1 });
  }

  couldNotRun(steps: readonly Step[], error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    for (const { name } of steps) {
      console.log(`FAILED ${name}: ${reason}`);
      this.outcomes.push({ name, isOk: false });
      this.counts.push({ passed: 0, failed: 1 });
    }
  }
}
