import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countOf, summaryLine, sumOf } from './test-count.js';

test('the last line is the plain sum over all runs', () => {
  const counts = [
    { passed: 400, failed: 0 },
    { passed: 399, failed: 1 },
    { passed: 31, failed: 2 },
  ];
  expect(summaryLine(sumOf(counts))).toBe('tests: 830 passed, 3 failed');
  expect(summaryLine(sumOf([]))).toBe('tests: 0 passed, 0 failed');
});

test('a spec file that cannot be loaded is a failure', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mistwatch-count-'));
  const file = join(folder, 'report.json');
  writeFileSync(file, JSON.stringify({ numPassedTests: 7, numFailedTests: 1, numRuntimeErrorTestSuites: 1 }));
  expect(countOf(file)).toEqual({ passed: 7, failed: 2 });
  rmSync(folder, { recursive: true });
});
