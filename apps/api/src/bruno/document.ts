/** The parts of the OpenAPI document that a request is made of. */

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly example?: unknown;
  readonly default?: unknown;
}
export type Schemas = Readonly<Record<string, Schema>>;

export interface Media {
  readonly schema?: Schema;
  readonly example?: unknown;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: Schema;
  readonly example?: unknown;
}

interface DocumentedOperation {
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly security?: readonly unknown[];
}

export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
  readonly components: { readonly schemas: Schemas };
}

export interface Operation extends Omit<DocumentedOperation, 'parameters' | 'tags'> {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly tag: string;
}

/** Every operation, in the order of the document. */
export const operationsOf = ({ paths }: ApiDocument): Operation[] =>
  Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { parameters = [], tags = [], ...rest }]) => ({
      ...rest,
      method,
      path,
      parameters,
      tag: tags[0] ?? 'other',
    })),
  );

/** What a schema says by example: of an object what is required, and what else has an example. */
export function exampleOf(schema: Schema, schemas: Schemas): unknown {
  const { $ref, example, enum: values, properties, required = [] } = schema;
  if ($ref !== undefined) return exampleOf(schemas[$ref.slice($ref.lastIndexOf('/') + 1)] ?? {}, schemas);
  if (example !== undefined) return example;
  if (properties === undefined) return schema.default ?? values?.[0];
  const shown = Object.entries(properties).filter(([name, { example: its }]) => required.includes(name) || its !== undefined);
  return Object.fromEntries(shown.map(([name, property]) => [name, exampleOf(property, schemas) ?? null]));
}
