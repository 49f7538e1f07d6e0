import { createHash } from 'node:crypto';

const names = new Map<string, string>();

/**
 * A statement that is asked many times a second: each connection parses it once and keeps its plan. For constants only, as nothing is ever
 * forgotten; and for statements whose good plan does not depend on the values, since the kept one may be made without them.
 */
export function prepared(text: string): string {
  names.set(text, createHash('sha256').update(text).digest('hex').slice(0, 32));
  return text;
}

/** The name under which a connection keeps a statement; `undefined` = it does not. */
export const preparedName = (text: string): string | undefined => names.get(text);
