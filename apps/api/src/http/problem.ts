import { HttpException } from '@nestjs/common';

/** Every kind of error the API answers, with its stable name; `/problems/{slug}` is its page. */
export const PROBLEMS = {
  'invalid-request': {
    status: 400,
    title: 'The request is not valid',
    help: 'Mend the fields listed in `errors` and send it again.',
  },
  'too-many-points': {
    status: 400,
    title: 'The series has too many points',
    help: 'Ask for a shorter period, a coarser grain, or grain=auto.',
  },
  'too-many-hours': {
    status: 400,
    title: 'Too many circuit-hours would have to be folded',
    help: 'Ask for whole days, a shorter period, a coarser grain, or a smaller group.',
  },
  unauthorized: {
    status: 401,
    title: 'A valid API key or session is needed',
    help: 'Send `Authorization: Bearer mw_...`, or log in at /v1/login. Keys and sessions may have ended.',
  },
  forbidden: { status: 403, title: 'The caller may not do this', help: 'Use a key with a higher role, or ask for one.' },
  'not-found': {
    status: 404,
    title: 'There is no such thing',
    help: 'Check the path and the ids. A key sees its own organizations only.',
  },
  'method-not-allowed': { status: 405, title: 'The method is not allowed here', help: 'See /docs for the methods of this path.' },
  'not-acceptable': { status: 406, title: 'No such representation', help: 'See /docs for the media types of this path.' },
  conflict: { status: 409, title: 'The state does not allow this', help: 'Read the resource again, then decide.' },
  'too-large': { status: 413, title: 'The request is too large', help: 'Send fewer rows at once.' },
  'uri-too-long': { status: 414, title: 'The address is too long', help: 'Shorten ids and parameters.' },
  'unsupported-media-type': { status: 415, title: 'The media type is not supported', help: 'Send application/json.' },
  'idempotency-key-reused': {
    status: 422,
    title: 'The Idempotency-Key belongs to another request',
    help: 'Make a new key for each change; send the same one only with the same request.',
  },
  'rate-limited': { status: 429, title: 'Too many requests', help: 'Wait for the seconds in Retry-After.' },
  internal: {
    status: 500,
    title: 'Something went wrong on our side',
    help: 'Try again; if it stays, look for the correlation id in the log.',
  },
  unavailable: { status: 503, title: 'A part of the system is away', help: 'Try again in some seconds.' },
} as const satisfies Record<string, { status: number; title: string; help: string }>;
export type ProblemSlug = keyof typeof PROBLEMS;

export interface FieldError {
  readonly field: string;
  readonly message: string;
}

export interface ProblemDetails {
  readonly detail?: string;
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer of RFC 9457. */
export class ProblemException extends HttpException {
  constructor(
    readonly slug: ProblemSlug,
    readonly details: ProblemDetails = {},
  ) {
    super(PROBLEMS[slug].title, PROBLEMS[slug].status);
  }
}

/** The exception for a kind of error. */
export const problem = (slug: ProblemSlug, details: ProblemDetails = {}): ProblemException => new ProblemException(slug, details);

/** One field is wrong. */
export const invalid = (field: string, message: string): ProblemException =>
  problem('invalid-request', { errors: [{ field, message }] });

export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly errors?: readonly FieldError[];
}

/** The body that stands for a problem. Nothing of the address is repeated: it may hold ids the caller only guessed. */
export function problemBody(slug: ProblemSlug, { detail, errors }: ProblemDetails): ProblemBody {
  const { status, title } = PROBLEMS[slug];
  return {
    type: `/problems/${slug}`,
    title,
    status,
    ...(detail === undefined ? {} : { detail }),
    ...(errors === undefined ? {} : { errors }),
  };
}

/** The kind of error for a status that a framework chose. */
export function slugOfStatus(status: number): ProblemSlug {
  const slugs = Object.keys(PROBLEMS) as ProblemSlug[];
  return (
    slugs.find((slug) => PROBLEMS[slug].status === status) ?? (status >= 400 && status < 500 ? 'invalid-request' : 'internal')
  );
}
