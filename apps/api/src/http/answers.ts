import { applyDecorators } from '@nestjs/common';
import { ApiOkResponse } from '@nestjs/swagger';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
type Schema = Readonly<Record<string, unknown>>;

// Array.isArray alone does not narrow a readonly array.
const isList = (example: Json): example is readonly Json[] => Array.isArray(example);

/** The shape of an example; `null` may be anything, because the example does not say. */
export function schemaOf(example: Json): Schema {
  if (example === null) return {};
  if (isList(example)) return { type: 'array', items: example[0] === undefined ? {} : schemaOf(example[0]) };
  if (typeof example !== 'object') return { type: typeof example };
  return {
    type: 'object',
    properties: Object.fromEntries(Object.entries(example).map(([key, value]) => [key, schemaOf(value)])),
  };
}

/** Documents what a route answers, by example. */
export const Answers = (description: string, example: Json): MethodDecorator =>
  applyDecorators(ApiOkResponse({ description, content: { 'application/json': { schema: schemaOf(example), example } } }));

/** Documents a list that is read page by page. */
export const AnswersPage = (description: string, item: Json): MethodDecorator =>
  Answers(description, { items: [item], next_cursor: null });

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
