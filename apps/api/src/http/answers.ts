import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension, ApiResponse } from '@nestjs/swagger';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
/** An example that also says where `null` may stand, and what may be left out. */
export type Example = string | number | boolean | null | Maybe | readonly Example[] | { readonly [key: string]: Example };
type Schema = Readonly<Record<string, unknown>>;

type Mark = 'or-null' | 'null-or' | 'left-out' | 'by-key' | 'anything';

class Maybe {
  constructor(
    readonly mark: Mark,
    readonly example: Example,
  ) {}
}

/** In an example: such a value, or `null`, because nobody may know. */
export const orNull = (example: Example): Maybe => new Maybe('or-null', example);
/** In an example: `null`, in a place where such a value may stand too. */
export const nullOr = (example: Example): Maybe => new Maybe('null-or', example);
/** In an example: a field that is there only sometimes. */
export const sometimes = (example: Example): Maybe => new Maybe('left-out', example);
/** In an example: an object whose keys are data, not names of fields. */
export const byKey = (example: { readonly [key: string]: Example }): Maybe => new Maybe('by-key', example);

/** In an example: what differs from case to case, and cannot be counted on. */
export const anything = (example: Example): Maybe => new Maybe('anything', example);

// Array.isArray alone does not narrow a readonly array.
const isList = (example: Example): example is readonly Example[] => Array.isArray(example);

/** The example itself, without what it says about others. */
export function plain(example: Example): Json {
  if (example instanceof Maybe) return example.mark === 'null-or' ? null : plain(example.example);
  if (isList(example)) return example.map(plain);
  if (typeof example !== 'object' || example === null) return example;
  return Object.fromEntries(Object.entries(example).map(([key, value]) => [key, plain(value)]));
}

/** The shape of an example; a bare `null` may be anything, because the example does not say. */
export function schemaOf(example: Example): Schema {
  if (example === null) return {};
  if (example instanceof Maybe) return SCHEMAS[example.mark](example.example);
  if (isList(example)) return { type: 'array', items: example[0] === undefined ? {} : schemaOf(example[0]) };
  if (typeof example !== 'object') return { type: typeof example };
  const required = Object.keys(example).filter((key) => !isLeftOut(example[key]));
  return {
    type: 'object',
    properties: Object.fromEntries(Object.entries(example).map(([key, value]) => [key, schemaOf(value)])),
    ...(required.length === 0 ? {} : { required }),
  };
}

const isLeftOut = (example: Example | undefined): boolean => example instanceof Maybe && example.mark === 'left-out';

function orNullSchema(example: Example): Schema {
  const schema = schemaOf(example);
  return typeof schema.type === 'string' ? { ...schema, type: [schema.type, 'null'] } : schema;
}

const SCHEMAS: Readonly<Record<Mark, (example: Example) => Schema>> = {
  'or-null': orNullSchema,
  'null-or': orNullSchema,
  'left-out': schemaOf,
  anything: () => ({}),
  'by-key': (example) => {
    const [first] = typeof example === 'object' && example !== null ? Object.values(example as Record<string, Example>) : [];
    return { type: 'object', additionalProperties: first === undefined ? {} : schemaOf(first) };
  },
};

/** Metadata of a route: the schema of its answer. */
export const ANSWER_SCHEMA = 'http:answer-schema';
/** How the document says that parts of an answer may be asked for. */
export const FIELDS_EXTENSION = 'x-fields';

/** Documents what a route answers, by example. */
export function Answers(description: string, example: Example, status: 200 | 201 | 202 = 200): MethodDecorator {
  const schema = schemaOf(example);
  return applyDecorators(
    SetMetadata(ANSWER_SCHEMA, schema),
    ApiExtension(FIELDS_EXTENSION, true),
    ApiResponse({ status, description, content: { 'application/json': { schema, example: plain(example) } } }),
  );
}

/** Documents a list that is read page by page. */
export const AnswersPage = (description: string, item: Example): MethodDecorator =>
  Answers(description, { items: [item], next_cursor: orNull('WzEyXQ') });

/** A time of an answer: RFC 3339, UTC, without the milliseconds that are zero. `null` also for "since ever". */
export function timeOf(at: Date | number | null): string | null {
  if (at === null) return null;
  const ms = typeof at === 'number' ? at : at.getTime();
  if (!Number.isFinite(ms)) return null;
  const text = new Date(ms).toISOString();
  return ms % 1000 === 0 ? `${text.slice(0, -5)}Z` : text;
}

const snakeCase = (name: string): string => name.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** A stored document with the field names of the API: snake_case at every depth. */
export function snakeKeys(stored: unknown): unknown {
  if (Array.isArray(stored)) return stored.map(snakeKeys);
  if (typeof stored !== 'object' || stored === null) return stored;
  return Object.fromEntries(Object.entries(stored).map(([key, value]) => [snakeCase(key), snakeKeys(value)]));
}
