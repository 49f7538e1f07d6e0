import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import { ConfigError, type ConfigFault } from './config.error.js';
import { didYouMean } from './did-you-mean.js';

interface Source {
  readonly file: string;
  readonly lines: LineCounter;
  readonly document: Document;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly faults: ConfigFault[];
  readonly secrets: string[];
}

/** A place in the file: readers take a value from it or note what is wrong there. */
export class Place {
  constructor(
    readonly source: Source,
    readonly path: string,
    readonly node: Node | null,
    private readonly offset: number,
  ) {}

  fault(message: string, path = this.path): void {
    const { faults, file, lines } = this.source;
    faults.push({ path, file, line: lines.linePos(this.offset).line, message });
  }

  at(path: string, node: unknown, key: Node | null): Place {
    const target = isAlias(node) ? node.resolve(this.source.document) : node;
    const offset = (key ?? (node as Node | null))?.range?.[0] ?? this.offset;
    return new Place(this.source, path, (target as Node | null | undefined) ?? null, offset);
  }

  /** The scalar here with `${VAR}` filled in; `undefined` when it is a list or a section. */
  scalar(): { readonly value: unknown; readonly isInterpolated: boolean } | undefined {
    if (this.node === null) return { value: null, isInterpolated: false };
    if (!isScalar(this.node)) return undefined;
    const { value } = this.node;
    if (typeof value !== 'string') return { value, isInterpolated: false };
    const text = this.interpolate(value);
    return { value: text, isInterpolated: text !== value };
  }

  private interpolate(text: string): string {
    return text.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g, (_, name: string, fallback: string | undefined) => {
      const value = this.source.variables[name];
      if (value !== undefined && value !== '') return value;
      if (fallback === undefined) this.fault(`the environment variable ${name} is not set`);
      return fallback ?? '';
    });
  }
}

/** Takes a value; on a fault it notes it and returns a value that nobody will see, because reading fails as a whole. */
export type Reader<T> = (place: Place) => T;

export interface Field<T> {
  readonly read: Reader<T>;
  /** What stands when the key is absent. Without it the key is required. */
  readonly absent?: () => T | undefined;
}
export type Fields<T> = { readonly [K in keyof T]-?: Field<T[K]> };

export const required = <T>(read: Reader<T>): Field<T> => ({ read });
export const optional = <T>(read: Reader<T>): Field<T> => ({ read, absent: () => undefined });
export const withDefault = <T>(read: Reader<T>, value: NoInfer<T>): Field<T> => ({ read, absent: () => value });

/** A map with exactly these keys; others are faults. */
export function section<T extends object>(fields: Fields<T>): Reader<T> {
  const names = Object.keys(fields) as (string & keyof T)[];
  return (place) => {
    const pairs = pairsOf(place);
    for (const { key, inner } of pairs)
      if (!names.some((name) => name === key)) inner.fault(`unknown key${didYouMean(key, names)}`);
    const entries = names.map((name) => {
      const pair = pairs.find(({ key }) => key === name);
      const { read, absent } = fields[name];
      if (pair !== undefined) return [name, read(pair.inner)] as const;
      if (absent === undefined) place.fault('is missing', join(place.path, name));
      return [name, absent?.()] as const;
    });
    return Object.freeze(Object.fromEntries(entries.filter(([, value]) => value !== undefined))) as T;
  };
}

/** A section that may be left out: every field of it has a default or is optional. */
export const defaulted = <T extends object>(fields: Fields<T>): Field<T> => ({
  read: section(fields),
  absent: () => defaultsOf(fields),
});

function defaultsOf<T extends object>(fields: Fields<T>): T {
  const names = Object.keys(fields) as (string & keyof T)[];
  const entries = names.map((name) => [name, fields[name].absent?.()] as const);
  return Object.freeze(Object.fromEntries(entries.filter(([, value]) => value !== undefined))) as T;
}

/** A map of free keys, or of the given ones. */
export function mapOf<T>(read: Reader<T>, keys?: readonly string[]): Reader<Readonly<Record<string, T>>> {
  return (place) => {
    const entries = pairsOf(place).map(({ key, inner }) => {
      if (keys !== undefined && !keys.includes(key)) inner.fault(`unknown key${didYouMean(key, keys)}`);
      return [key, read(inner)] as const;
    });
    return Object.freeze(Object.fromEntries(entries));
  };
}

export function listOf<T>(read: Reader<T>): Reader<readonly T[]> {
  return (place) => {
    const { node } = place;
    if (node === null || (isScalar(node) && node.value === null)) return Object.freeze([]);
    if (isSeq(node)) return Object.freeze(node.items.map((item, index) => read(place.at(`${place.path}[${index}]`, item, null))));
    place.fault('should be a list');
    return Object.freeze([]);
  };
}

const join = (path: string, key: string): string => {
  const name = /^[\w-]+$/.test(key) ? key : JSON.stringify(key);
  return path === '' ? name : `${path}.${name}`;
};

function pairsOf(place: Place): { readonly key: string; readonly inner: Place }[] {
  const { node, path } = place;
  if (node === null || (isScalar(node) && node.value === null)) return [];
  if (!isMap(node)) {
    place.fault('should be a section of keys and values');
    return [];
  }
  return node.items.map(({ key, value }) => {
    const name = isScalar(key) ? String(key.value) : String(key);
    return { key: name, inner: place.at(join(path, name), value, isScalar(key) ? key : null) };
  });
}

/** What stands at a key of the map here, before anything is read; `undefined` when there is no such key or it is no single value. */
export const valueAt = (place: Place, key: string): unknown =>
  isMap(place.node)
    ? place.node.items.map((pair) => scalarPair(pair.key, pair.value)).find(([name]) => name === key)?.[1]
    : undefined;

const scalarPair = (key: unknown, value: unknown): readonly [unknown, unknown] => [
  isScalar(key) ? key.value : undefined,
  isScalar(value) ? value.value : undefined,
];

/** Any value as it stands, for parts that belong to somebody else; `${VAR}` is filled in. */
export const anyValue: Reader<unknown> = (place) => {
  if (isMap(place.node)) return mapOf(anyValue)(place);
  if (isSeq(place.node)) return listOf(anyValue)(place);
  return place.scalar()?.value ?? null;
};

export interface YamlFile {
  readonly file: string;
  readonly text: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** Reads a whole file; throws a `ConfigError` with every fault. `secrets` are the values of secret fields. */
export function readYaml<T>(
  { file, text, variables }: YamlFile,
  read: Reader<T>,
): { readonly value: T; readonly secrets: readonly string[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const source: Source = { file, lines, document, variables, faults: [], secrets: [] };
  for (const { message, pos } of document.errors)
    source.faults.push({ path: '', file, line: lines.linePos(pos[0]).line, message: `not valid YAML: ${message}` });
  if (source.faults.length > 0) throw new ConfigError(source.faults);
  const value = read(new Place(source, '', document.contents, 0));
  if (source.faults.length > 0) throw new ConfigError(source.faults);
  return { value, secrets: source.secrets };
}
