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

/** A name that the server does not know, or knows already; a plan that gives other columns than it did. */
const LOST = new Set(['26000', '42P05', '0A000']);

/** Whether a statement failed only because of the plan that was to be kept. */
export const isPlanLost = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && LOST.has(error.code);
