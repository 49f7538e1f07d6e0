import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EXPORT_TABLES } from './catalogue.js';
import { exportReference } from './documentation.js';

const PAGE = fileURLToPath(new URL('../../../../docs/exports.md', import.meta.url));
/** Formatting pads tables; what they say is the same. */
const plain = (markdown: string): string => markdown.replace(/-{2,}/g, '-').replace(/ +/g, ' ').trim();

it('the page about exports says of every table what the table says of itself', () => {
  const [, reference = ''] = readFileSync(PAGE, 'utf8').split('## Tables\n');
  const made = exportReference();
  if (plain(reference) !== plain(made))
    throw new Error(
      `docs/exports.md is not what the tables say. To mend it, put this after "## Tables" and format the page:\n\n${made}`,
    );
});

it('every table has a name of its own, and every column of a table', () => {
  const names = EXPORT_TABLES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { columns } of EXPORT_TABLES) expect(new Set(columns.map(({ name }) => name)).size).toBe(columns.length);
});
