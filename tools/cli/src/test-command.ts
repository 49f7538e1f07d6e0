import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPostgres, startQueue, type Variables } from '@app/shared';
import { CHROMIUM, ensureInstalled, REDIS } from './system-packages.js';
import { countOf, summaryLine, sumOf } from './test-count.js';
import { runStep, type Step, type StepOutcome } from './test-step.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const STATIC_STEPS: readonly Step[] = [
  { name: 'format', script: 'format:check' },
  { name: 'lint', script: 'lint' },
  { name: 'types', script: 'types' },
  { name: 'dependency rules', script: 'deps' },
];
/** A zone without whole hours and with daylight saving: what is wrong with local time shows there. */
const JEST_RUNS = [
  { name: 'unit, UTC', script: 'test:unit', env: { TZ: 'UTC' } },
  { name: 'unit, St. John’s', script: 'test:unit', env: { TZ: 'America/St_Johns' } },
  { name: 'integration', script: 'test:int', env: {} },
  { name: 'end to end', script: 'test:e2e', env: {} },
] as const;

/** Everything that must hold, from format to the whole system; the last line is the sum of all tests. Resolves to the exit code. */
export async function runTestCommand(argv: readonly string[]): Promise<number> {
  if (argv.length > 0) {
    console.error(`mistwatch test takes no arguments, but got "${argv.join(' ')}"; for one spec run: npx jest path/to/x.spec.ts`);
    return 2;
  }
  const env: Variables = { ...process.env };
  const hasRedis = await ensureInstalled(REDIS, env);
  await ensureInstalled(CHROMIUM, env);
  const reports = join(ROOT, 'reports');
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports);

  const outcomes: StepOutcome[] = [];
  for (const step of STATIC_STEPS) outcomes.push(await runStep(step, ROOT, env));
  const jest = hasRedis
    ? await withServers(env, async (urls) => runJest(reports, { ...env, ...urls }))
    : await runJest(reports, env);
  const broken = [...outcomes, ...jest.outcomes].filter(({ isOk }) => !isOk);
  if (broken.length > 0) console.log(`failed steps: ${broken.map(({ name }) => name).join(', ')}`);
  console.log(summaryLine(jest.sum));
  return broken.length === 0 && jest.sum.failed === 0 ? 0 : 1;
}

/** Servers of our own for all runs, so that they start once. */
async function withServers<T>(env: Variables, work: (urls: Variables) => Promise<T>): Promise<T> {
  const dataDir = join(ROOT, '.data', 'test');
  const given = { ...env, DATABASE_URL: env['TEST_DATABASE_URL'], REDIS_URL: env['TEST_REDIS_URL'] };
  const postgres = await startPostgres({ dataDir, env: given, durability: 'throwaway' });
  try {
    const queue = await startQueue({ dataDir, env: given, databaseUrl: postgres.url, prefer: 'redis' });
    try {
      return await work({ TEST_DATABASE_URL: postgres.url, TEST_REDIS_URL: queue.url });
    } finally {
      await queue.stop();
    }
  } finally {
    await postgres.stop();
  }
}

async function runJest(reports: string, env: Variables): Promise<{ outcomes: StepOutcome[]; sum: ReturnType<typeof sumOf> }> {
  const outcomes: StepOutcome[] = [];
  const counts = [];
  for (const [index, run] of JEST_RUNS.entries()) {
    const report = join(reports, `jest-${index + 1}.json`);
    const args = ['--json', `--outputFile=${report}`];
    const outcome = await runStep({ ...run, args }, ROOT, env);
    outcomes.push(outcome);
    // Without a report jest itself broke; that is a failure, not nothing.
    counts.push(existsSync(report) ? countOf(report) : { passed: 0, failed: 1 });
  }
  return { outcomes, sum: sumOf(counts) };
}
