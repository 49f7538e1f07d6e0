/** Unit specs are `x.spec.ts`, integration `x.int-spec.ts`, whole-system `x.e2e-spec.ts`; TEST_KIND selects, else all. */
const kinds = {
  unit: { testRegex: '\\.spec\\.ts$', testTimeout: 10_000 },
  int: { testRegex: '\\.int-spec\\.ts$', testTimeout: 60_000 },
  // Much of such a spec is waiting for services.
  e2e: { testRegex: '\\.e2e-spec\\.ts$', testTimeout: 120_000, maxWorkers: 3 },
  all: { testRegex: '\\.(int-|e2e-)?spec\\.ts$', testTimeout: 120_000 },
};
const kind = process.env.TEST_KIND ?? 'all';
if (!Object.hasOwn(kinds, kind)) throw new Error(`TEST_KIND is "${kind}"; it may be ${Object.keys(kinds).join(', ')}.`);

export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/test', '<rootDir>/tools', '<rootDir>/bench'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['/dist/'],
  maxWorkers: 2,
  ...kinds[kind],
  ...(kind === 'unit' ? {} : { globalSetup: '<rootDir>/jest.servers.mjs', globalTeardown: '<rootDir>/jest.servers-stop.mjs' }),
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^@app/shared/infra$': '<rootDir>/libs/shared/src/infra/index.ts',
    '^@app/(collector|analyzer|notifier|api)$': '<rootDir>/apps/$1/src/index.ts',
    '^@app/(mist-cloud|cli)$': '<rootDir>/tools/$1/src/index.ts',
    '^@app/(client|domain|mist|shared|testing)$': '<rootDir>/libs/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        sourceMaps: 'inline',
        module: { type: 'es6' },
        jsc: {
          target: 'es2022',
          keepClassNames: true,
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
        },
      },
    ],
  },
};
