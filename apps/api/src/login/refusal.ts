import { AuthorizationResponseError, ClientError, ResponseBodyError } from 'openid-client';
import { problem, ProblemException } from '../http/problem.js';

/** What is wrong is what the browser brought, or what the provider says of it; anything else is trouble between the two of us. */
const REFUSED = new Set([
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_UNSUPPORTED_OPERATION',
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
  'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
]);
/** Errors of the token endpoint that are about the code, and not about us. */
const OF_THE_CODE = new Set(['invalid_grant', 'invalid_request']);
/** Errors of the authorization endpoint that pass by themselves. */
const PASSING = new Set(['server_error', 'temporarily_unavailable']);

const AGAIN = 'Begin again at /v1/login.';

/** The code of an error as RFC 6749 writes it; it came through the browser, so that it may be anything. */
const known = (code: string): string => (/^[a-z_]{1,60}$/.test(code) ? code : 'unknown');

/** Why somebody was not let in, when it is their login that is at fault; `null` for trouble with the provider. */
export function refusalOf(error: unknown): ProblemException | null {
  if (error instanceof ProblemException) return error;
  if (error instanceof AuthorizationResponseError) {
    if (PASSING.has(error.error)) return null;
    return problem('forbidden', { detail: `The login provider refused: ${known(error.error)}. ${AGAIN}` });
  }
  if (error instanceof ResponseBodyError)
    return OF_THE_CODE.has(error.error)
      ? problem('invalid-request', {
          detail: `The code of the login does not hold: it is used once, soon, by who asked for it. ${AGAIN}`,
        })
      : null;
  if (error instanceof ClientError && REFUSED.has(error.code ?? ''))
    return problem('invalid-request', {
      detail: `What the login provider sent is not what was asked for: ${error.message}. ${AGAIN}`,
    });
  return null;
}
