import { readFile } from 'node:fs/promises';
import { DOCUMENT_FILE } from '../openapi.js';
import { keptCollection, wantedCollection } from './collection.js';
import { operationsOf, type ApiDocument } from './document.js';
import { requestFile } from './request-file.js';

it('is checked in as the document makes it', async () => {
  const [kept, wanted] = await Promise.all([keptCollection(), wantedCollection()]);
  const others = [...new Set([...kept.keys(), ...wanted.keys()])].filter((path) => kept.get(path) !== wanted.get(path));
  if (others.length > 0)
    throw new Error(`deploy/bruno is not what docs/openapi.json makes: ${others.join(', ')}. To mend it: npm run bruno`);
});

it('has every operation of the document once, and none more', async () => {
  const document = JSON.parse(await readFile(DOCUMENT_FILE, 'utf8')) as ApiDocument;
  const asked = [...(await keptCollection())].flatMap(([path, content]) => {
    const [, method, address] = /^(get|post|put|patch|delete) \{\n {2}url: \{\{baseUrl\}\}([^?\n]*)/m.exec(content) ?? [];
    return path.endsWith('.bru') && method !== undefined ? [`${method} ${address ?? ''}`] : [];
  });
  const documented = operationsOf(document).map(({ method, path }) => `${method} ${path.replace(/\{(\w+)\}/g, ':$1')}`);
  expect(asked.sort()).toEqual(documented.sort());
  expect(asked.length).toBeGreaterThan(100);
});

it('keeps the key as a secret, which is not written down', async () => {
  const environment = (await keptCollection()).get('environments/local.bru');
  expect(environment).toMatch(/vars:secret \[\n {2}key\n\]/);
});

it('writes what may be left out as switched off, bodies by example, and values on one line', () => {
  const file = requestFile(
    {
      method: 'post',
      path: '/v1/orgs/{org}/alerts/{alert}/notes',
      tag: 'alerts',
      summary: 'Say something',
      parameters: [
        { name: 'org', in: 'path', required: true },
        { name: 'alert', in: 'path', required: true, example: 17 },
        { name: 'by', in: 'query', required: true, schema: { enum: ['one', 'two'] } },
        { name: 'fields', in: 'query' },
        { name: 'Idempotency-Key', in: 'header' },
      ],
      requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Note' } } } },
    },
    3,
    { Note: { properties: { text: { example: 'a\nb' }, other: {} }, required: ['text'] } },
  );
  expect(file).toBe(`meta {
  name: POST /alerts/{alert}/notes
  type: http
  seq: 3
}

post {
  url: {{baseUrl}}/v1/orgs/:org/alerts/:alert/notes?by=one
  body: json
  auth: inherit
}

params:query {
  by: one
  ~fields:
}

params:path {
  org: {{org}}
  alert: 17
}

headers {
  ~Idempotency-Key:
}

body:json {
  {
    "text": "a\\nb"
  }
}

docs {
  Say something
}
`);
});
