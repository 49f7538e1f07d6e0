import { isNativeError } from 'node:util/types';

export const REDACTED = '[redacted]';

/** Shorter strings would redact innocent text. */
const MIN_SECRET_LENGTH = 6;
const secrets = new Set<string>();
let pattern: RegExp | null = null;

/** From now on this string never appears in a log, an error or a printed configuration. */
export function registerSecret(secret: string): void {
  if (secret.length < MIN_SECRET_LENGTH) return;
  secrets.add(secret);
  // A secret inside a URL or a header is often encoded.
  secrets.add(encodeURIComponent(secret));
  const longestFirst = [...secrets].sort((a, b) => b.length - a.length);
  pattern = new RegExp(longestFirst.map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'), 'g');
}

/** Registers the password of a URL, if it has one. */
export function registerUrlSecret(url: string): void {
  if (!URL.canParse(url)) return;
  const { password } = new URL(url);
  registerSecret(password);
  registerSecret(safeDecode(password));
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a bare % in a password: there is nothing to decode
  }
}

/** The text without registered secrets, bearer tokens and passwords in URLs. */
export function scrubText(text: string): string {
  const scrubbed = pattern === null ? text : text.replace(pattern, REDACTED);
  return scrubbed
    .replace(/\b(Token|Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{16,}/gi, `$1 ${REDACTED}`)
    .replace(/\b([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s/@]+@/gi, `$1${REDACTED}@`);
}

const SECRET_KEY =
  /^(token2?|.*[_-]?(password|secret|apikey|api_key)|authorization|cookie|routingkey|webhookurl|encryptionkey|encryption_key|.*token)$/i;
const MAX_DEPTH = 8;

/** A copy of any value without secrets: values of keys that name one, and registered secrets in strings. */
export function scrub(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return scrubText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date || Buffer.isBuffer(value)) return Buffer.isBuffer(value) ? `[${value.length} bytes]` : value;
  if (depth >= MAX_DEPTH) return '[deeper]';
  if (isNativeError(value)) return scrubError(value, depth);
  if (Array.isArray(value)) return value.map((item) => scrub(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, isSecret(key, inner) ? REDACTED : scrub(inner, depth + 1)]),
  );
}

const isSecret = (key: string, value: unknown): boolean => typeof value === 'string' && value !== '' && SECRET_KEY.test(key);

/** An error as plain data: name, message, stack, code and causes. */
function scrubError(error: Error, depth: number): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  const own = Object.fromEntries(Object.entries(error).filter(([key]) => !['name', 'message', 'stack', 'cause'].includes(key)));
  return {
    name,
    message: scrubText(message),
    ...(scrub(own, depth + 1) as Record<string, unknown>),
    ...(stack === undefined ? {} : { stack: scrubText(stack) }),
    ...(cause === undefined ? {} : { cause: scrub(cause, depth + 1) }),
  };
}
