/** Asks the API what its document offers, plausibly and not, and holds every answer against it: `npm run fuzz -- --requests 10000 --seed 7`. */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { requests: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } },
});
for (const [name, value] of Object.entries(values)) {
  if (/^[1-9]\d{0,8}$/.test(value)) continue;
  console.error(`--${name} must be a whole number above 0, but is "${value}".`);
  process.exit(2);
}
const { status } = spawnSync('npm', ['run', '--silent', 'test:int', '--', 'apps/api/src/fuzz/'], {
  stdio: 'inherit',
  shell: process.platform === 'win32',
  env: { ...process.env, FUZZ_REQUESTS: values.requests, FUZZ_SEED: values.seed },
});
process.exitCode = status ?? 1;
