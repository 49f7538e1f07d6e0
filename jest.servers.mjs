import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));

/** Starts the run's Postgres and Redis, unless TEST_DATABASE_URL and TEST_REDIS_URL name some. Runs at once share them. */
export default async function startServers({ nonFlagArgs }) {
  const isUnitOnly =
    nonFlagArgs.length > 0 && nonFlagArgs.every((path) => /(^|[^-])\bspec\.ts$/.test(path) && !/(int|e2e)-spec/.test(path));
  if (isUnitOnly) return;
  const infra = new URL('libs/shared/dist/infra/index.js', import.meta.url);
  if (!existsSync(infra)) execFileSync('npx', ['tsc', '-b', 'libs/shared'], { cwd: root, stdio: 'inherit' });
  const { scratchFolder, startPostgres, startQueue } = await import(infra.href);
  const { TEST_DATABASE_URL, TEST_REDIS_URL, ...others } = process.env;
  const env = { ...others, DATABASE_URL: TEST_DATABASE_URL, REDIS_URL: TEST_REDIS_URL };
  const dataDir = scratchFolder(root, 'test');
  const postgres = await startPostgres({ dataDir, env, durability: 'throwaway' });
  const queue = await startQueue({ dataDir, env, databaseUrl: postgres.url, prefer: 'redis' }).catch(async (error) => {
    await postgres.stop();
    throw error;
  });
  process.env.TEST_DATABASE_URL = postgres.url;
  process.env.TEST_REDIS_URL = queue.url;
  globalThis.stopTestServers = async () => {
    await queue.stop();
    await postgres.stop();
  };
}
