import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FIELDS_EXTENSION } from './http/answers.js';
import { CHANGES_NOTHING_EXTENSION } from './idempotency/idempotency.interceptor.js';
import { SESSION_COOKIE } from './login/cookies.js';
import { OWN_PAGE_HEADER, OWN_PAGE_VALUE } from './login/own-page.js';
import { problemBody, PROBLEMS, type ProblemSlug } from './http/problem.js';
import { LIVE_EVENT_SCHEMA } from './live/event-types.js';

const DESCRIPTION = `Read and operate mistwatch. Send an API key as \`Authorization: Bearer mw_...\`; a person's browser has the cookie of a session
instead (see docs/api.md). Lists are read page by page with \`cursor\`;
errors are application/problem+json (RFC 9457); times are RFC 3339 in UTC.`;

const SESSION = `Session of a person who logged in at /v1/login. Changes need \`${OWN_PAGE_HEADER}: ${OWN_PAGE_VALUE}\` too, from a page of ours.`;

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

/** What any route may answer; a body and a change add their own. */
const ERRORS: readonly ProblemSlug[] = [
  'invalid-request',
  'unauthorized',
  'forbidden',
  'not-found',
  'rate-limited',
  'internal',
  'unavailable',
];
const BODY_ERRORS: readonly ProblemSlug[] = ['too-large', 'unsupported-media-type'];

const METHODS = ['get', 'post', 'put', 'delete'] as const;
type Method = (typeof METHODS)[number];

const errorResponse = (slug: ProblemSlug) => ({
  description: PROBLEMS[slug].title,
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' }, example: problemBody(slug, {}) } },
});

const PROBLEM_SCHEMA = {
  type: 'object' as const,
  required: ['type', 'title', 'status'],
  properties: {
    type: { type: 'string' as const, description: 'Stable; the address of a page that explains it.' },
    title: { type: 'string' as const },
    status: { type: 'integer' as const },
    detail: { type: 'string' as const },
    errors: {
      type: 'array' as const,
      items: {
        type: 'object' as const,
        required: ['field', 'message'],
        properties: { field: { type: 'string' as const }, message: { type: 'string' as const } },
      },
    },
  },
};

const ORG_PARAMETER = {
  name: 'org',
  in: 'path' as const,
  required: true,
  description: 'Id of the organization, as in GET /v1/orgs.',
  schema: { type: 'string' as const },
};

const IDEMPOTENCY_PARAMETER = {
  name: 'Idempotency-Key',
  in: 'header' as const,
  required: false,
  description:
    'A new one for each change; sent again with the same request, the answer is the same and nothing is changed again, for 24 hours.',
  schema: { type: 'string' as const, maxLength: 255 },
};

const FIELDS_PARAMETER = {
  name: 'fields',
  in: 'query' as const,
  required: false,
  description:
    'Only these fields, separated by commas, `latency_ms.avg` for one inside; of a list those of each item. The others are left out, required or not.',
  schema: { type: 'string' as const },
};

/** Routes without a key of the API are no calls of a client. */
const isChange = (method: Method, operation: Operation): boolean =>
  method !== 'get' && operation.security?.length !== 0 && !(CHANGES_NOTHING_EXTENSION in operation);

function errorsOf(method: Method, operation: Operation): ProblemSlug[] {
  const hasBody = method !== 'get' && operation.requestBody !== undefined;
  // A circuit's id may name two circuits, so that reading can conflict too.
  const ofChange: ProblemSlug[] = isChange(method, operation) ? ['idempotency-key-reused'] : [];
  return [...ERRORS, 'conflict', ...(hasBody ? BODY_ERRORS : []), ...ofChange];
}

function complete(route: string, method: Method, operation: Operation): void {
  // The guard reads the org, not the handlers, so that no decorator tells of it.
  const { parameters = [] } = operation;
  const isSaid = parameters.some((each) => 'name' in each && each.name === ORG_PARAMETER.name);
  if (route.includes('{org}') && !isSaid) operation.parameters = [ORG_PARAMETER, ...parameters];
  const sparse = FIELDS_EXTENSION in operation ? operation[FIELDS_EXTENSION] : undefined;
  if (sparse === true && method === 'get') operation.parameters = [...(operation.parameters ?? []), FIELDS_PARAMETER];
  Reflect.deleteProperty(operation, FIELDS_EXTENSION);
  if (isChange(method, operation)) operation.parameters = [...(operation.parameters ?? []), IDEMPOTENCY_PARAMETER];
  for (const slug of errorsOf(method, operation))
    operation.responses[String(PROBLEMS[slug].status)] ??= { $ref: `#/components/responses/${slug}` };
}

const sorted = <T>(given: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1)));

/** The OpenAPI 3.1 document of all routes, with the errors that any of them may answer; the same for the same routes in any order. */
export function createDocument(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('mistwatch')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'mw_...', description: 'API key' }, 'key')
    .addCookieAuth(SESSION_COOKIE, { type: 'apiKey', in: 'cookie', description: SESSION }, 'session')
    .addSecurityRequirements('key')
    .addSecurityRequirements('session')
    .build();
  const document = SwaggerModule.createDocument(app, config);
  for (const [route, path] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const operation = path[method];
      if (operation !== undefined) complete(route, method, operation);
    }
  }
  document.paths = sorted(document.paths);
  document.components = {
    ...document.components,
    responses: Object.fromEntries((Object.keys(PROBLEMS) as ProblemSlug[]).map((slug) => [slug, errorResponse(slug)])),
    schemas: sorted({ ...document.components?.schemas, LiveEvent: LIVE_EVENT_SCHEMA, Problem: PROBLEM_SCHEMA }),
  };
  return document;
}

/** Serves the document and the pages to try it out. The document is made when somebody first asks: it takes half a second of a start. */
export function serveDocumentation(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, () => createDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
  });
}
