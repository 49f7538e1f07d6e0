/** The servers of this test run, started by `jest.servers.mjs` before the first spec. */
function urlFrom(variable: 'TEST_DATABASE_URL' | 'TEST_REDIS_URL'): string {
  const url = process.env[variable];
  if (url !== undefined && url !== '') return url;
  throw new Error(
    `${variable} is not set: only integration and end-to-end specs (x.int-spec.ts, x.e2e-spec.ts) get servers; run them by npm run test:int or test:e2e.`,
  );
}

/** A database in which test databases are made; its user may create databases. */
export const testServerUrl = (): string => urlFrom('TEST_DATABASE_URL');

export const testRedisServerUrl = (): string => urlFrom('TEST_REDIS_URL');
