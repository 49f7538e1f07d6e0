/** Unit specs are `x.spec.ts`, integration `x.int-spec.ts`, whole-system `test/*.e2e-spec.ts`. */
const kinds = { unit: '(?<!(int|e2e))[.-]spec\\.ts$', int: '\\.int-spec\\.ts$', e2e: '\\.e2e-spec\\.ts$' };
const kind = process.env.TEST_KIND ?? 'all';
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/test', '<rootDir>/tools', '<rootDir>/bench'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['/dist/'],
  testRegex: kind === 'all' ? '(\\.spec|\\.int-spec|\\.e2e-spec)\\.ts$' : kind === 'unit' ? '(?<!-)\\.spec\\.ts$|[a-z0-9]\\.spec\\.ts$' : kinds[kind],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^@app/(collector|analyzer|notifier|api)$': '<rootDir>/apps/$1/src/index.ts',
    '^@app/(mist-cloud|cli)$': '<rootDir>/tools/$1/src/index.ts',
    '^@app/(domain|mist|shared|testing)$': '<rootDir>/libs/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: {
    '^.+\\.ts$': ['@swc/jest', {
      sourceMaps: 'inline',
      module: { type: 'es6' },
      jsc: {
        target: 'es2022',
        keepClassNames: true,
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
      },
    }],
  },
};
