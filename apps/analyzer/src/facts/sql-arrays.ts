/** An array of numbers or truths as Postgres reads it: building the text is much cheaper than having every element escaped. */
export const numberArray = (values: readonly (number | boolean | null)[]): string =>
  `{${values.map((value) => (value === null ? 'null' : String(value))).join(',')}}`;

/** An array of encoded bytes. */
export const bytesArray = (values: readonly (Uint8Array | null)[]): string =>
  `{${values.map((value) => (value === null ? 'null' : `"\\\\x${Buffer.from(value).toString('hex')}"`)).join(',')}}`;
