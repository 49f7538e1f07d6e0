import { PermanentError, TransientError } from '@app/shared';
import { NotTakenError } from '../channel.js';

/** Answers to what we are, not to what we sent: an operator mends them, so the mail waits. */
const MENDABLE = new Set(['EAUTH', 'ETLS', 'EDNS', 'ECONNECTION', 'ETIMEDOUT', 'ESOCKET']);

/** No server was there, or none that we could log in to: nobody who could have taken it. */
const UNHEARD = new Set(['EDNS', 'EAUTH', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH']);

/** 5xx about the recipient or the message is final; everything else is tried again. */
export function classifySmtpError(error: unknown): TransientError | PermanentError {
  const message = error instanceof Error ? error.message : String(error);
  const code = stringOf(error, 'code');
  const answer = numberOf(error, 'responseCode');
  const details = { code, answer };
  if (answer !== null && answer >= 500 && !MENDABLE.has(code ?? '')) {
    return new PermanentError('SMTP_REFUSED', `The mail server refused the mail: ${message}`, { cause: error, details });
  }
  const isCertain = answer !== null || UNHEARD.has(stringOf(error, 'originalCode') ?? code ?? '');
  const Kind = isCertain ? NotTakenError : TransientError;
  return new Kind('SMTP_UNAVAILABLE', `The mail server did not take the mail: ${message}`, { cause: error, details });
}

function stringOf(error: unknown, key: string): string | null {
  const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, key) : null;
  return typeof value === 'string' ? value : null;
}

function numberOf(error: unknown, key: string): number | null {
  const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, key) : null;
  return typeof value === 'number' ? value : null;
}
