import { cookieOptions, isState, loginCookie, sessionCookie, surplusLogins } from './cookies.js';

const OURS = 'https://mistwatch.example.com';
const LOCAL = 'http://127.0.0.1:8080';

it('are ours alone wherever there is TLS', () => {
  expect([sessionCookie(OURS), sessionCookie(LOCAL)]).toEqual(['__Host-mistwatch_session', 'mistwatch_session']);
  expect(cookieOptions(OURS, 90_500)).toEqual({ path: '/', httpOnly: true, secure: true, sameSite: 'lax', maxAge: 90 });
  expect(cookieOptions(LOCAL, 0)).toMatchObject({ secure: false, httpOnly: true, maxAge: 0 });
});

it('have names made from states of ours only', () => {
  const state = `${'Ab-_'.repeat(10)}xyz`;
  expect([isState(state), loginCookie(state, OURS)]).toEqual([true, '__Host-mistwatch_login_Ab-_Ab-_Ab-_']);
  for (const other of ['', 'x', 'x'.repeat(44), `${'x'.repeat(42)} `, `${'x'.repeat(42)};`, `\r\n${'x'.repeat(41)}`])
    expect(isState(other)).toBe(false);
});

it('of logins are cleared when there are many, and others never', () => {
  const logins = (count: number): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`__Host-mistwatch_login_${String(i)}`, 'x']));
  const others = { 'a b': 'x', '__Host-mistwatch_login_"': 'x', mistwatch_login_1: 'x', '__Host-mistwatch_session': 'x' };
  expect(surplusLogins({ ...logins(4), ...others }, OURS)).toEqual([]);
  expect(surplusLogins({ ...logins(5), ...others }, OURS)).toEqual(Object.keys(logins(5)));
});
