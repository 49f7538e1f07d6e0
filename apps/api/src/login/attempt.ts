import { seal, unseal } from '../access/seal.js';

/** A login under way, kept in the browser that began it: nobody else can end it, and it costs us nothing when nobody does. */
export interface LoginAttempt {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  /** Absolute, and ours. */
  readonly returnTo: string;
  readonly begunAt: number;
}

/** Long enough for a password, a second factor and a phone call. */
export const ATTEMPT_LIFE_MS = 10 * 60_000;
/** By so much the clocks of two processes may differ. */
const CLOCK_TOLERANCE_MS = 60_000;

/** For a cookie: only who has the client's secret reads or writes it. */
export const sealAttempt = (attempt: LoginAttempt, clientSecret: string): string =>
  seal(JSON.stringify(attempt), clientSecret, 'login').toString('base64url');

/** What a cookie holds; `null` when it is not ours or too old. */
export function openAttempt(cookie: string, clientSecret: string, now: number): LoginAttempt | null {
  let text: string;
  try {
    text = unseal(Buffer.from(cookie, 'base64url'), clientSecret, 'login');
  } catch {
    return null; // not sealed by us: anybody can send a cookie
  }
  const attempt = JSON.parse(text) as LoginAttempt;
  const ageMs = now - attempt.begunAt;
  return ageMs >= -CLOCK_TOLERANCE_MS && ageMs <= ATTEMPT_LIFE_MS ? attempt : null;
}
