import { ATTEMPT_LIFE_MS, openAttempt, sealAttempt } from './attempt.js';

const SECRET = 'the-secret-of-the-client';
const BEGUN_AT = 1_000_000;
const ATTEMPT = { state: 's', nonce: 'n', verifier: 'v', returnTo: 'https://mistwatch.example.com/', begunAt: BEGUN_AT };

it('is opened with the same secret for ten minutes', () => {
  const cookie = sealAttempt(ATTEMPT, SECRET);
  expect(openAttempt(cookie, SECRET, BEGUN_AT + ATTEMPT_LIFE_MS)).toEqual(ATTEMPT);
  expect(openAttempt(cookie, SECRET, BEGUN_AT + ATTEMPT_LIFE_MS + 1)).toBeNull();
  expect(openAttempt(cookie, SECRET, BEGUN_AT - 60_001)).toBeNull();
  expect(openAttempt(cookie, `${SECRET}!`, BEGUN_AT)).toBeNull();
});

it.each(['', 'x', 'eyJzdGF0ZSI6InMifQ', 'A'.repeat(300), '\u0000', '%%%'])('is not read from the cookie %j', (cookie) => {
  expect(openAttempt(cookie, SECRET, BEGUN_AT)).toBeNull();
});
