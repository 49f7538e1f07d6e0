import { invalid } from './problem.js';

/** What is shown of an answer: names of fields, and what is shown inside of them. */
export interface FieldTree {
  readonly [name: string]: FieldTree | null;
}

export interface AnswerSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, AnswerSchema>>;
  readonly items?: AnswerSchema;
}

const MAX_FIELDS = 100;
const MAX_LENGTH = 2_000;
const FIELDS = /^[\w-]+(\.[\w-]+)*(,[\w-]+(\.[\w-]+)*)*$/;

const inside = (schema: AnswerSchema | undefined): AnswerSchema | undefined =>
  schema?.items === undefined ? schema : inside(schema.items);

/** Of a list what its items show, else the answer itself. */
export const shownSchema = (schema: AnswerSchema): AnswerSchema => inside(schema.properties?.items) ?? schema;

function checked(path: readonly string[], schema: AnswerSchema): void {
  let at: AnswerSchema | undefined = schema;
  for (const name of path) {
    const known: AnswerSchema['properties'] = inside(at)?.properties;
    // What the document does not tell apart cannot be told wrong.
    if (known === undefined) return;
    if (!Object.hasOwn(known, name))
      throw invalid('fields', `fields names ${path.join('.')}, but there are: ${Object.keys(known).join(', ')}`);
    at = known[name];
  }
}

/** The fields a caller named, `id,latency_ms.avg`; a name that is not in the schema is refused, so that a misspelt one is seen. */
export function fieldsOf(text: unknown, schema: AnswerSchema): FieldTree {
  if (typeof text !== 'string' || text.length > MAX_LENGTH || !FIELDS.test(text))
    throw invalid('fields', 'fields must be names separated by commas, such as id,latency_ms.avg');
  const paths = text.split(',').map((path) => path.split('.'));
  if (paths.length > MAX_FIELDS) throw invalid('fields', `fields may name at most ${String(MAX_FIELDS)}`);
  const tree: Record<string, FieldTree | null> = {};
  for (const path of paths) {
    checked(path, schema);
    add(tree, path);
  }
  return tree;
}

function add(tree: Record<string, FieldTree | null>, [name = '', ...rest]: readonly string[]): void {
  const known = Object.hasOwn(tree, name) ? tree[name] : undefined;
  // Asked for as a whole, the parts say nothing more.
  if (known === null) return;
  if (rest.length === 0) {
    tree[name] = null;
    return;
  }
  const inner = { ...known };
  add(inner, rest);
  tree[name] = inner;
}

/** The value with those of its fields that are in the tree, at every depth, in lists too. */
export function picked(value: unknown, tree: FieldTree): unknown {
  if (Array.isArray(value)) return value.map((each: unknown) => picked(each, tree));
  if (typeof value !== 'object' || value === null) return value;
  const shown = Object.entries(value).filter(([name]) => Object.hasOwn(tree, name));
  return Object.fromEntries(
    shown.map(([name, inner]: [string, unknown]) => {
      const below = tree[name] ?? null;
      return [name, below === null ? inner : picked(inner, below)];
    }),
  );
}
