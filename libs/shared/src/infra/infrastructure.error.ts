/** A server we need cannot be had; the message says what is wrong, where, and how to mend it. */
export class InfrastructureError extends Error {
  override readonly name = 'InfrastructureError';
  readonly code = 'INFRASTRUCTURE_UNAVAILABLE';
}

/** Errors of drivers and children may be anything; a message is what a person needs. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

/** A URL fit for a message: without its password. */
export function withoutPassword(url: string): string {
  return url.replace(/(\/\/[^/:@]*):[^@/]*@/, '$1:***@');
}
