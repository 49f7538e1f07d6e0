import { readFileSync } from 'node:fs';

export interface TestCount {
  readonly passed: number;
  readonly failed: number;
}

interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
}

/** The counts of one jest run; a spec file that could not even be loaded counts as one failure. */
export function countOf(reportFile: string): TestCount {
  const report = JSON.parse(readFileSync(reportFile, 'utf8')) as JestReport;
  return { passed: report.numPassedTests, failed: report.numFailedTests + report.numRuntimeErrorTestSuites };
}

export function sumOf(counts: readonly TestCount[]): TestCount {
  return counts.reduce((sum, { passed, failed }) => ({ passed: sum.passed + passed, failed: sum.failed + failed }), {
    passed: 0,
    failed: 0,
  });
}

export const summaryLine = ({ passed, failed }: TestCount): string => `tests: ${passed} passed, ${failed} failed`;
