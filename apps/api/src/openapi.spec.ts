import { readFile } from 'node:fs/promises';
import { DOCUMENT_FILE, documentText } from './openapi.js';

interface Operation {
  readonly summary?: string;
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { schema?: { format?: string }; example?: unknown }>> }>
  >;
}

it('is checked in as it is served', async () => {
  const [kept, made] = await Promise.all([readFile(DOCUMENT_FILE, 'utf8').catch(() => ''), documentText()]);
  if (kept !== made) throw new Error('docs/openapi.json is not what this code serves. To mend it: npm run openapi');
});

it('gives each route a summary, an answer with schema and example, and the schemas of its errors', async () => {
  const { paths } = JSON.parse(await readFile(DOCUMENT_FILE, 'utf8')) as { paths: Record<string, Record<string, Operation>> };
  const faults = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, operation]) => faultsOf(operation).map((fault) => `${method} ${path}: ${fault}`)),
  );
  expect(faults).toEqual([]);
});

function faultsOf({ summary, responses }: Operation): string[] {
  const good = Object.entries(responses).filter(([status]) => status.startsWith('2'));
  const said = good.flatMap(([status, { content }]) =>
    status === '204' ? [{ schema: {}, example: '' }] : Object.values(content ?? {}),
  );
  const missing = ['400', '401', '403', '404', '429', '500', '503'].filter((status) => responses[status] === undefined);
  return [
    ...(summary === undefined ? ['no summary'] : []),
    ...(said.length === 0 ||
    said.some(({ schema, example }) => schema === undefined || (example === undefined && schema.format !== 'binary'))
      ? ['no 2xx example']
      : []),
    ...missing.map((status) => `no ${status}`),
  ];
}
