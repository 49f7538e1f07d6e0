const UNPRINTABLE = /\0|\p{Surrogate}/gu;

/** NUL and lone surrogates are legal in JSON and refused by Postgres, in text and in jsonb. */
export const printable = (text: string): string => text.replace(UNPRINTABLE, '\uFFFD');

function printableInside(inner: unknown): unknown {
  if (typeof inner === 'string') return printable(inner);
  if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
  return Object.fromEntries(Object.entries(inner).map(([key, value]) => [printable(key), value as unknown]));
}

/** JSON that jsonb takes. */
export const toJsonb = (value: unknown): string =>
  JSON.stringify(value ?? null, (_key, inner: unknown) => printableInside(inner));

/** The value itself, or a copy that jsonb takes where it would not; the check is one pass over its JSON. */
export function storable<T>(value: T): T {
  return /\\u(0000|d[89a-f])/.test(JSON.stringify(value ?? null)) ? (JSON.parse(toJsonb(value)) as T) : value;
}
