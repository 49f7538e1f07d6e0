import pg from 'pg';

/** Whole numbers as an array in SQL: a COPY takes no parameters. */
export function copyLiteral(values: readonly number[], type: 'int' | 'bigint'): string {
  for (const value of values) if (!Number.isSafeInteger(value)) throw new RangeError(`${String(value)} is not a whole number.`);
  return `'{${values.join(',')}}'::${type}[]`;
}

/** An instant as SQL, from whole milliseconds. */
export function copyInstant(at: number): string {
  if (!Number.isSafeInteger(at)) throw new RangeError(`${String(at)} is not a whole number of milliseconds.`);
  return `'${new Date(at).toISOString()}'::timestamptz`;
}

/** A text as SQL, quoted. */
export const copyText = (text: string): string => pg.escapeLiteral(text);

/** A number or an infinity as SQL. */
const numeral = (value: number): string => {
  if (Number.isNaN(value)) throw new RangeError('NaN is no number that SQL could look for.');
  return String(value);
};

/** A list of numbers as a literal of an array type. */
export const numbersLiteral = (values: readonly number[], type: 'int' | 'float8'): string =>
  `'{${values.map(numeral).join(',')}}'::${type}[]`;

/** A list of texts as a literal. */
export const textsLiteral = (values: readonly string[]): string =>
  `${copyText(`{${values.map((value) => `"${value.replace(/["\\]/g, '\\$&')}"`).join(',')}}`)}::text[]`;
