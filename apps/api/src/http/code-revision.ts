import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('../', import.meta.url));
const BUILT = fileURLToPath(new URL('../../../../libs/', import.meta.url));
/** Libraries that decide what an answer says. */
const LIBRARIES = ['domain', 'shared'];

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /(?<!\.d|spec)\.[jt]s$/.test(file))
    .sort()
    .map((file) => `${folder}/${file}`);
}

let known: string | undefined;

/** What code answers: other code may answer otherwise about the same data. The same for every process of one build. */
export function codeRevision(): string {
  if (known !== undefined) return known;
  const hash = createHash('sha256');
  // Built code runs from dist, specs from src; the libraries lie in the folder of the same name.
  const kind = /[\\/]dist[\\/]$/.test(HERE) ? 'dist' : 'src';
  for (const folder of [HERE, ...LIBRARIES.map((name) => `${BUILT}${name}/${kind}`)])
    for (const file of filesOf(folder)) hash.update(readFileSync(file));
  return (known = hash.digest('base64url'));
}
