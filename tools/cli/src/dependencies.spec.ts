import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

type Versions = Readonly<Record<string, string | Readonly<Record<string, string>>>>;

const read = (file: string): string => readFileSync(fileURLToPath(new URL(`../../../${file}`, import.meta.url)), 'utf8');
const manifest = JSON.parse(read('package.json')) as Readonly<Record<'dependencies' | 'devDependencies' | 'overrides', Versions>>;
const page = read('docs/dependencies.md');

/** Name and reason of every table row below a heading. */
function reasonsUnder(heading: string): Map<string, string> {
  const section = page.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';
  return new Map([...section.matchAll(/^\| `(.+?)` +\| (.*?) +\|$/gm)].map(([, name = '', reason = '']) => [name, reason]));
}

const overrideNames = Object.entries(manifest.overrides).flatMap(([name, value]) =>
  typeof value === 'string' ? [name] : Object.keys(value).map((inner) => `${name} > ${inner}`),
);

test.each([
  ['Run time', Object.keys(manifest.dependencies)],
  ['Development', Object.keys(manifest.devDependencies)],
  ['Overrides', overrideNames],
])('every package under "%s" has its reason, and no reason is left over', (heading, names) => {
  const reasons = reasonsUnder(heading);
  expect([...reasons.keys()].sort()).toEqual([...names].sort());
  for (const reason of reasons.values()) expect(reason).toMatch(/\.$/);
});

test('the lock file names no place to download from', () => {
  expect(read('package-lock.json')).not.toMatch(/"resolved": "https?:/);
});
