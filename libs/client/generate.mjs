/** Makes the types of the client from the OpenAPI document; does nothing while they are those of the document as it is. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

const document = readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8');
const folder = new URL('src/generated/', import.meta.url);
const target = new URL('schema.ts', folder);
const stamp = `// Made from docs/openapi.json ${createHash('sha256').update(document).digest('hex')}; not to be edited.\n`;

function kept() {
  try {
    return readFileSync(target, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return '';
    throw error;
  }
}

if (!kept().startsWith(stamp)) {
  const { default: openapiTypescript, astToString } = await import('openapi-typescript');
  const types = astToString(await openapiTypescript(document));
  mkdirSync(folder, { recursive: true });
  // Renamed into place: two builds at once each find a whole file.
  const draft = new URL(`schema.${process.pid}.tmp`, folder);
  writeFileSync(draft, stamp + types);
  renameSync(draft, target);
}
