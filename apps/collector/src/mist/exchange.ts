import { PermanentError, scrubText } from '@app/shared';

/** What one call came to. Only `answer` carries data; who calls decides about the rest. */
export type Exchange =
  | { readonly is: 'answer'; readonly body: unknown; readonly headers: Headers }
  | { readonly is: 'throttled'; readonly retryAfter: string | null }
  | { readonly is: 'unwelcome'; readonly status: 401 | 403; readonly detail: string }
  | { readonly is: 'refused'; readonly status: number; readonly detail: string }
  | { readonly is: 'broken'; readonly code: string; readonly reason: string; readonly cause?: unknown };

/** What a call changes in Mist; without it a call only reads. */
export interface Change {
  readonly method: 'POST' | 'PUT';
  readonly body: object;
}

export interface Call {
  readonly url: URL;
  readonly change?: Change | undefined;
  readonly secret: string;
  readonly timeoutMs: number;
  /** Aborts with the service; the time-out of the call is its own. */
  readonly signal: AbortSignal | null;
}

const MAX_DETAIL = 200;

/** Error pages may repeat what they were asked with, our token too; scrubbed before it is cut, because half a token is no longer known as one. */
const quoted = (text: string): string => scrubText(text).slice(0, MAX_DETAIL);

/** Our reading of Mist's `{"detail": ...}`, for the message. */
function detailOf(text: string): string {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null && 'detail' in body && typeof body.detail === 'string')
      return quoted(body.detail);
  } catch {
    return `${text.length} characters that are no JSON`;
  }
  return quoted(text);
}

function causeText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message} (${'code' in cause ? String(cause.code) : cause.message})` : error.message;
}

function read(response: Response, text: string, isChange: boolean): Exchange {
  const { status, headers } = response;
  if (status === 429) return { is: 'throttled', retryAfter: headers.get('retry-after') };
  if (status === 401 || status === 403) return { is: 'unwelcome', status, detail: detailOf(text) };
  if (status >= 500) return { is: 'broken', code: 'MIST_SERVER_ERROR', reason: `Mist answered ${status}: ${detailOf(text)}` };
  if (status >= 300 && status < 400) {
    return {
      is: 'refused',
      status,
      detail: `a redirect to ${quoted(headers.get('location') ?? 'nowhere')}, which is not followed: the token is for this host`,
    };
  }
  if (status >= 400) return { is: 'refused', status, detail: detailOf(text) };
  // A change may be answered by nothing.
  if (isChange && text.trim() === '') return { is: 'answer', body: null, headers };
  try {
    return { is: 'answer', body: JSON.parse(text) as unknown, headers };
  } catch {
    // The parser's own error quotes the text, cut somewhere.
    const type = headers.get('content-type') ?? 'no content type';
    return {
      is: 'broken',
      code: 'MIST_NOT_JSON',
      reason: `Mist answered ${status} with ${text.length} characters that are no JSON (${type})`,
    };
  }
}

/** One HTTP call. The time-out also covers a body that stops in the middle. */
export async function exchange({ url, change, secret, timeoutMs, signal }: Call): Promise<Exchange> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      ...(change === undefined ? {} : { method: change.method, body: JSON.stringify(change.body) }),
      headers: {
        authorization: `Token ${secret}`,
        accept: 'application/json',
        ...(change === undefined ? {} : { 'content-type': 'application/json' }),
      },
      redirect: 'manual',
      signal: signal === null ? timeout : AbortSignal.any([timeout, signal]),
    });
    return read(response, await response.text(), change !== undefined);
  } catch (cause) {
    if (signal?.aborted === true) throw new PermanentError('COLLECT_ABORTED', 'The poll was stopped', { cause });
    if (timeout.aborted)
      return { is: 'broken', code: 'MIST_TIMEOUT', reason: `Mist did not finish its answer within ${timeoutMs} ms`, cause };
    return { is: 'broken', code: 'MIST_UNREACHABLE', reason: `The connection to ${url.host} failed: ${causeText(cause)}`, cause };
  }
}
