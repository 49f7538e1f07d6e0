import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { resolved, type OpenApi, type Operation } from './document.spec-support.js';
import type { FuzzRequest } from './requests.spec-support.js';

/** The same schema, but a field it does not tell is a fault. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, key === 'example' ? value : closed(value)]),
  );
  return 'properties' in inner && !('additionalProperties' in inner) ? { ...inner, additionalProperties: false } : inner;
}

export interface FuzzAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** What an address answers that is not one of the document's. */
const OFF_ROUTE = new Set([400, 401, 404, 405, 414]);
const PROBLEM = 'application/problem+json';

/** Holds answers against the document. */
export class AnswerCheck {
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  private readonly validators = new Map<string, ValidateFunction>();

  constructor(private readonly document: OpenApi) {
    this.ajv.addSchema({ $id: 'document', components: closed(document.components) as object });
  }

  /** What is wrong with an answer; nothing is the usual. */
  faultsOf(operation: Operation, { isOffRoute, url }: FuzzRequest, { status, type, body }: FuzzAnswer): string[] {
    if (status >= 500) return [`answers ${String(status)}`];
    const response = operation.responses[String(status)];
    const isKnown = response !== undefined;
    if (!isKnown && !(isOffRoute && OFF_ROUTE.has(status)))
      return [`answers ${String(status)}, which the document does not tell`];
    if (status === 204 || status === 304) return body === '' ? [] : ['has a body where there is none'];
    const media = type.split(';')[0] ?? '';
    const content = isKnown
      ? resolved(this.document, response).content
      : { [PROBLEM]: { schema: { $ref: '#/components/schemas/Problem' } } };
    const schema = content?.[media]?.schema;
    if (schema === undefined) return [`answers ${String(status)} as ${media}, which the document does not tell`];
    if (!media.endsWith('json')) return [];
    const validate = this.validator(schema);
    if (validate(JSON.parse(body))) return [];
    // Who asks for some fields does without the others.
    const isSparse = /[?&]fields=/.test(url);
    const errors = (validate.errors ?? []).filter(({ keyword }) => !(isSparse && keyword === 'required'));
    return errors.map(
      ({ instancePath, message, params }) =>
        `${instancePath.replace(/\/\d+(?=\/|$)/g, '/n')} ${message ?? ''} ${String(params['additionalProperty'] ?? '')}`,
    );
  }

  private validator(schema: object): ValidateFunction {
    const text = JSON.stringify(closed(schema)).replaceAll('"#/components/', '"document#/components/');
    const known = this.validators.get(text);
    if (known !== undefined) return known;
    const made = this.ajv.compile(JSON.parse(text) as object);
    this.validators.set(text, made);
    return made;
  }
}
