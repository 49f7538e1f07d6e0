import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** The places that may read the process's environment: the configuration, and the edges of tools and of test runs. */
const READS_ENVIRONMENT = [
  'bench/src/chaos/fault-hook.ts',
  'bench/src/chaos/main.ts',
  'test/src/world.ts',
  'libs/shared/src/config/**',
  'libs/shared/src/queue/queue-servers.fixture.ts',
  'libs/testing/src/test-servers.ts',
  '**/*.int-spec.ts',
  '**/*.e2e-spec.ts',
  'tools/*/src/main.ts',
  'tools/cli/src/*-command.ts',
  'bench/src/main.ts',
  '**/*.mjs',
  '**/*.cjs',
];
const SPECS = ['**/*.spec.ts', '**/*.int-spec.ts', '**/*.e2e-spec.ts', '**/*.contract.ts', '**/*.conformance.ts'];

export default tseslint.config(
  {
    ignores: [
      '**/dist/',
      '**/generated/',
      '**/node_modules/',
      '.data/',
      'coverage/',
      'reports/',
      'apps/api/public/',
      'apps/web/',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Handlers and ports promise to be async though one implementation need not wait.
      '@typescript-eslint/require-await': 'off',
      // `() => void promise` says that nobody waits; async callbacks of Node's and Nest's events are meant.
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // A catch hands on what was thrown, whatever it is.
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      'max-lines': ['error', { max: 300 }],
      'max-lines-per-function': ['error', { max: 50 }],
      'max-params': ['error', { max: 4 }],
      'no-restricted-syntax': [
        'error',
        { selector: 'TSEnumDeclaration', message: 'Use a union of literals.' },
        { selector: 'ExportDefaultDeclaration', message: 'Export by name.' },
      ],
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Only libs/shared/src/config reads the environment; take the value as a parameter.',
        },
      ],
    },
  },
  { files: READS_ENVIRONMENT, rules: { 'no-restricted-properties': 'off' } },
  // The columns of a table test are the parameters of its case.
  { files: SPECS, rules: { 'max-lines-per-function': 'off', 'max-params': 'off', '@typescript-eslint/unbound-method': 'off' } },
  // A conformance suite and the walk through a whole API are one list each.
  { files: SPECS, rules: { 'max-lines': ['error', { max: 360 }] } },
  // A migration is one long SQL text.
  { files: ['libs/shared/src/database/migrations/*.ts'], rules: { 'max-lines-per-function': 'off' } },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        globalThis: 'readonly',
        module: 'writable',
        performance: 'readonly',
        Buffer: 'readonly',
        fetch: 'readonly',
        AbortSignal: 'readonly',
      },
    },
  },
);
