import { PermanentError, scrubText, TransientError } from '@app/shared';
import type { EpochMs } from '@app/domain';
import { NotTakenError } from '../channel.js';
import { plain } from '../notice.format.js';

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly contentType: string;
  readonly text: string;
}

/** Nobody may put a notice off until it is given up. */
const MAX_RETRY_AFTER_MS = 3_600_000;
/** Said by servers that are busy, whatever was asked. */
const LATER = new Set([408, 423, 425, 429]);

/** Said by the receiver itself about what it did not do; other errors of servers may come from somebody in between. */
const NOT_TAKEN = new Set([...LATER, 503]);
/** Nobody was there who could have taken it. */
const UNHEARD = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);

/** What an answer other than the expected ones means: 5xx and "later" are tried again, all else is final. */
export function classifyAnswer(name: string, url: string, answered: Answered, now: EpochMs): TransientError | PermanentError {
  const { status } = answered;
  const details = { status };
  if (status >= 300 && status < 400) {
    const message = `${name} answered ${status}, a redirect to ${placeOf(answered, url)}, which is not followed. Configure the address it leads to.`;
    return new PermanentError('REDIRECTED', message, { details });
  }
  const message = `${name} answered ${status}${quoted(answered)}`;
  if (!LATER.has(status) && status < 500) return new PermanentError('RECEIVER_REFUSED', message, { details });
  const retryAfterMs = retryAfterOf(answered.headers['retry-after'], now);
  const Kind = NOT_TAKEN.has(status) ? NotTakenError : TransientError;
  return new Kind('RECEIVER_UNAVAILABLE', message, { details, ...(retryAfterMs === null ? {} : { retryAfterMs }) });
}

/** No answer at all. What cannot be reached today may be reached tomorrow, unless it is not to be reached. */
export function classifyFailure(name: string, error: unknown): TransientError | PermanentError {
  if (error instanceof PermanentError) return error;
  const isCertain = error instanceof Error && 'code' in error && UNHEARD.has(String(error.code));
  const Kind = isCertain ? NotTakenError : TransientError;
  return new Kind('RECEIVER_UNREACHABLE', `${name} gave no answer: ${causeText(error)}.`, { cause: error });
}

/** Only where it leads: paths and queries of webhooks are secrets. */
function placeOf({ headers }: Answered, url: string): string {
  const location = String(headers['location'] ?? '');
  return location !== '' && URL.canParse(location, url) ? new URL(location, url).origin : 'nowhere';
}

/** What people wrote for people; pages in HTML are of no use in a log. */
function quoted({ text, contentType }: Answered): string {
  if (/html/i.test(contentType) || /^\s*</.test(text)) return ` with a page of ${text.length} characters in HTML`;
  // Scrubbed before it is cut: half a secret is no longer known as one.
  const said = plain(scrubText(text.slice(0, 4_000)), 200);
  return said === '' ? '' : `: ${said}`;
}

/** `Retry-After` as seconds or as a date; `null` when it says neither. */
function retryAfterOf(header: string | string[] | undefined, now: EpochMs): number | null {
  const text = String(header ?? '').trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? null : Math.min(Math.max(0, ms), MAX_RETRY_AFTER_MS);
}

function causeText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'it took too long';
  return 'code' in error && !error.message.includes(String(error.code))
    ? `${error.message} (${String(error.code)})`
    : error.message;
}
