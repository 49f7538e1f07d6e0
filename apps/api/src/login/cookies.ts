import type { CookieSerializeOptions } from '@fastify/cookie';

const HOST_PREFIX = '__Host-';
const SESSION = 'mistwatch_session';
const LOGIN = 'mistwatch_login_';
/** Of the state, which is random: enough to tell the tabs of one browser apart. */
const STATE_LENGTH = 12;
/** Logins under way in one browser; more is somebody filling it up. */
const MAX_LOGINS = 5;

type Cookies = Readonly<Record<string, string | undefined>>;

/** A browser keeps `__Host-` to us alone: no other host of the domain can set it, and nothing sends it in the clear. This machine has no TLS. */
const isSecure = (publicUrl: string): boolean => publicUrl.startsWith('https:');
const named = (name: string, publicUrl: string): string => `${isSecure(publicUrl) ? HOST_PREFIX : ''}${name}`;

/** The cookie of a session, for the document as well. */
export const SESSION_COOKIE = `${HOST_PREFIX}${SESSION}`;

export const sessionCookie = (publicUrl: string): string => named(SESSION, publicUrl);
/** Whether we may have made a state: what comes back may be anything, and becomes the name of a cookie. */
export const isState = (text: string): boolean => /^[\w-]{43}$/.test(text);
export const loginCookie = (state: string, publicUrl: string): string =>
  named(`${LOGIN}${state.slice(0, STATE_LENGTH)}`, publicUrl);

/** Not for scripts; sent along from other sites only when somebody follows a link. */
export const cookieOptions = (publicUrl: string, lifeMs: number): CookieSerializeOptions => ({
  path: '/',
  httpOnly: true,
  secure: isSecure(publicUrl),
  sameSite: 'lax',
  maxAge: Math.floor(lifeMs / 1000),
});

/** Cookies of logins that nobody ended, when there are so many that requests would get too long. */
export function surplusLogins(cookies: Cookies, publicUrl: string): string[] {
  const prefix = named(LOGIN, publicUrl);
  const logins = Object.keys(cookies).filter((name) => name.startsWith(prefix) && /^[\w-]+$/.test(name));
  return logins.length < MAX_LOGINS ? [] : logins;
}
