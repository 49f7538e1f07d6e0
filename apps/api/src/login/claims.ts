import type { ApiKeyOrg, LoginRole } from '@app/shared';
import { reaches, type OrgGrant } from '../access/principal.js';

export type Claims = Readonly<Record<string, unknown>>;
/** An organization that there is. */
export type KnownOrg = Pick<ApiKeyOrg, 'id' | 'externalId'>;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A claim by its name, which may be a URL with dots in it, or else by the way to it. */
function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let here: unknown = claims;
  for (const part of path.split('.')) {
    if (!isObject(here) || !Object.hasOwn(here, part)) return undefined;
    here = here[part];
  }
  return here;
}

/** Exactly this value, or one of several that is; `true` and numbers as they are written. */
function holds(claim: unknown, value: string): boolean {
  const values: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  return values.some(
    (each) => (typeof each === 'string' || typeof each === 'number' || typeof each === 'boolean') && String(each) === value,
  );
}

const isFor = ({ orgs }: LoginRole, { externalId }: KnownOrg): boolean => orgs === 'all' || orgs.includes(externalId);

/** What a person may do where: of each organization the highest role of all rules that fit. */
export function grantsOf(claims: Claims, rules: readonly LoginRole[], orgs: readonly KnownOrg[]): OrgGrant[] {
  const fitting = rules.filter(({ claim, value }) => holds(claimAt(claims, claim), value));
  return orgs.flatMap(({ id, externalId }) => {
    const [first, ...others] = fitting.filter((rule) => isFor(rule, { id, externalId })).map(({ role }) => role);
    if (first === undefined) return [];
    return {
      id,
      externalId,
      siteGroups: null,
      role: others.reduce((highest, role) => (reaches(role, highest) ? role : highest), first),
    };
  });
}

/** Only what rules look at: nothing else of a person is anybody's business. By the names that the rules use. */
export const keptClaims = (claims: Claims, rules: readonly LoginRole[]): Claims =>
  Object.fromEntries(
    rules.flatMap(({ claim }) => {
      const value = claimAt(claims, claim);
      return value === undefined ? [] : [[claim, value]];
    }),
  );

const MAX_NAME_LENGTH = 200;
/** The longest that RFC 5321 lets through. */
const MAX_EMAIL_LENGTH = 254;

/** A short line that may stand in a log or a list, whatever the provider sent. */
function lineOf(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const line = value.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '').trim();
  return line === '' ? null : line.slice(0, MAX_NAME_LENGTH);
}

/** What providers say of an address that they checked, or say nothing; some send the word instead of the value. */
const CHECKED: readonly unknown[] = [undefined, true, 'true'];

/** Claims without an address of which the provider does not stand by whose it is. */
export function trustedClaims(claims: Claims): Claims {
  const { email, ...others } = claims;
  return email === undefined || !CHECKED.includes(claims['email_verified']) ? others : { ...others, email };
}

/** The person's address; `null` when there is none that could stand for them. */
export function emailOf({ email }: Claims): string | null {
  const isAddress = typeof email === 'string' && email.length <= MAX_EMAIL_LENGTH && /^[^\s@\p{C}]+@[^\s@\p{C}]+$/u.test(email);
  return isAddress ? email : null;
}

/** How people call the person. */
export const nameOf = (claims: Claims, subject: string): string =>
  lineOf(claims['name']) ?? lineOf(claims['preferred_username']) ?? emailOf(claims) ?? lineOf(subject) ?? 'unnamed';

/** Who did it, as the audit log says. */
export const personActor = ({ email, subject }: { readonly email: string | null; readonly subject: string }): string =>
  `user:${email ?? lineOf(subject) ?? 'unnamed'}`;
