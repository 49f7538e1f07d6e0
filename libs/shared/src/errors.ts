import { scrubText } from './config/redact.js';

interface FailureOptions {
  readonly cause?: unknown;
  /** Facts for the log; never secrets. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * Base of our two kinds of failure; `code` is stable and documented, e.g. `MIST_UNAUTHORIZED`. Messages often quote the other side, which may
 * quote our credentials, and they end up in tables and queues: so no message ever holds a secret.
 */
abstract class Failure extends Error {
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    readonly code: string,
    message: string,
    options: FailureOptions = {},
  ) {
    super(scrubText(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.details = options.details ?? {};
  }
}

/** Worth another try: time-outs, 5xx, a full queue. `retryAfterMs` when the other side said how long to wait. */
export class TransientError extends Failure {
  readonly retryAfterMs: number | null;

  constructor(code: string, message: string, options: FailureOptions & { retryAfterMs?: number } = {}) {
    super(code, message, options);
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

/** Trying again changes nothing: bad input, refused credentials. */
export class PermanentError extends Failure {}
