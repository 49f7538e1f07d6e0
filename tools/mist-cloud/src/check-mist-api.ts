import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkSimulator, type CheckResult, uncheckedOperations } from './check/check-simulator.js';
import { checkPublishedPayloads } from './check-published.js';

const say = (line: string): boolean => process.stdout.write(`${line}\n`);

/** One line per operation: how often it was judged, and what was wrong. */
const report = (results: readonly CheckResult[]): void => {
  const groups = new Map<string, CheckResult[]>();
  for (const result of results) {
    const [first = '', second = ''] = result.name.split(' ');
    const key = first === 'webhook' || first === 'published' ? `${first} ${second}` : first;
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  for (const [operation, list] of groups) {
    const bad = list.filter(({ ok }) => !ok);
    say(`${bad.length === 0 ? 'ok  ' : 'FAIL'} ${operation} (${list.length})`);
    for (const { name, detail } of bad) say(`     ${name}: ${detail}`);
  }
};

const run = async (dir: string | undefined): Promise<number> => {
  if (dir === undefined || !existsSync(join(dir, 'openapi.subset.json'))) {
    process.stderr.write(
      `check-mist-api: ${dir === undefined ? 'no folder given' : `${dir} has no openapi.subset.json`}. Usage: npm run check:mist-api -- DIR\n`,
    );
    return 2;
  }
  const results = [...(await checkSimulator(dir)), ...checkPublishedPayloads(dir)];
  report(results);
  const failed = results.filter(({ ok }) => !ok).length;
  const unchecked = uncheckedOperations(dir, results);
  say(`${results.length - failed} of ${results.length} checks passed; not simulated: ${unchecked.join(', ')}`);
  return failed === 0 ? 0 : 1;
};

process.exitCode = await run(process.argv[2]);
