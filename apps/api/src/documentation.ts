import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { problemBody, PROBLEMS, type ProblemSlug } from './http/problem.js';

const DESCRIPTION = `Read and operate mistwatch. Send an API key as \`Authorization: Bearer mw_...\`. Lists are read page by page with \`cursor\`;
errors are application/problem+json (RFC 9457); times are RFC 3339 in UTC.`;

const ERRORS: readonly ProblemSlug[] = ['invalid-request', 'unauthorized', 'forbidden', 'not-found', 'rate-limited'];

const errorResponse = (slug: ProblemSlug) => ({
  description: PROBLEMS[slug].title,
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' }, example: problemBody(slug, {}) } },
});

const PROBLEM_SCHEMA = {
  type: 'object' as const,
  required: ['type', 'title', 'status'],
  properties: {
    type: { type: 'string' as const },
    title: { type: 'string' as const },
    status: { type: 'integer' as const },
    detail: { type: 'string' as const },
    errors: {
      type: 'array' as const,
      items: {
        type: 'object' as const,
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

/** The OpenAPI 3.1 document of all routes, with the errors that any of them may answer. */
export function createDocument(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('mistwatch')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'mw_...', description: 'API key' }, 'key')
    .addSecurityRequirements('key')
    .build();
  const document = SwaggerModule.createDocument(app, config);
  for (const [route, path] of Object.entries(document.paths)) {
    for (const method of ['get', 'post', 'put', 'delete'] as const) {
      const operation = path[method];
      if (operation === undefined) continue;
      // The guard reads the org, not the handlers, so that no decorator tells of it.
      const { parameters = [] } = operation;
      const isSaid = parameters.some((each) => 'name' in each && each.name === ORG_PARAMETER.name);
      if (route.includes('{org}') && !isSaid) operation.parameters = [ORG_PARAMETER, ...parameters];
      for (const slug of ERRORS) operation.responses[String(PROBLEMS[slug].status)] ??= errorResponse(slug);
    }
  }
  document.components = { ...document.components, schemas: { ...document.components?.schemas, Problem: PROBLEM_SCHEMA } };
  return document;
}

/** Serves the document and the pages to try it out. The document is made when somebody first asks: it takes half a second of a start. */
export function serveDocumentation(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, () => createDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
  });
}
