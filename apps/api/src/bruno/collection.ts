import { readdir, readFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DOCUMENT_FILE } from '../openapi.js';
import { blocks, dictionary, list, text } from './bru.js';
import { operationsOf, type ApiDocument } from './document.js';
import { requestFile, requestFileName } from './request-file.js';

/** Where the collection is checked in. */
export const COLLECTION_FOLDER = fileURLToPath(new URL('../../../../deploy/bruno/', import.meta.url));

const SETTINGS = { version: '1', name: 'mistwatch', type: 'collection', ignore: ['node_modules', '.git'] };
const ABOUT = `Every operation of mistwatch's API, made from docs/openapi.json by \`npm run bruno\`; not to be edited.

Choose the environment \`local\`, then enter an API key as its secret \`key\` and the id of your organization as \`org\`.`;

const folderOf = (tag: string): string => tag.replaceAll(' ', '-');

/** The files of the collection, by their path in its folder: one folder for each tag, one file for each operation. */
export function collectionOf(document: ApiDocument): Map<string, string> {
  const operations = operationsOf(document);
  const tags = [...new Set(operations.map(({ tag }) => tag))].sort();
  const files = new Map([
    ['bruno.json', `${JSON.stringify(SETTINGS, null, 2)}\n`],
    [
      'collection.bru',
      blocks([dictionary('auth', [['mode', 'bearer']]), dictionary('auth:bearer', [['token', '{{key}}']]), text('docs', ABOUT)]),
    ],
    [
      'environments/local.bru',
      blocks([
        dictionary('vars', [
          ['baseUrl', 'http://127.0.0.1:8080'],
          ['org', 'org-1'],
        ]),
        list('vars:secret', ['key']),
      ]),
    ],
  ]);
  for (const [i, tag] of tags.entries()) {
    files.set(
      `${folderOf(tag)}/folder.bru`,
      blocks([
        dictionary('meta', [
          ['name', tag],
          ['seq', String(i + 1)],
        ]),
      ]),
    );
    for (const [nth, operation] of operations.filter((each) => each.tag === tag).entries())
      files.set(`${folderOf(tag)}/${requestFileName(operation)}`, requestFile(operation, nth + 1, document.components.schemas));
  }
  return files;
}

/** The collection of the document that is checked in. */
export const wantedCollection = async (): Promise<Map<string, string>> =>
  collectionOf(JSON.parse(await readFile(DOCUMENT_FILE, 'utf8')) as ApiDocument);

/** The files that are checked in. */
export async function keptCollection(): Promise<Map<string, string>> {
  const entries = await readdir(COLLECTION_FOLDER, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = async (path: string): Promise<[string, string]> => [
    relative(COLLECTION_FOLDER, path).replaceAll('\\', '/'),
    await readFile(path, 'utf8'),
  ];
  return new Map(await Promise.all(paths.map(read)));
}

/** Writes the collection of the checked-in document, and nothing else is left. */
export async function writeCollection(): Promise<void> {
  const wanted = await wantedCollection();
  await rm(COLLECTION_FOLDER, { recursive: true, force: true });
  for (const [path, content] of wanted) {
    const file = join(COLLECTION_FOLDER, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}
