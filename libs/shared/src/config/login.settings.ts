import { API_ROLES, type ApiRole } from '../database/api-keys.repository.js';
import { listOf, required, section, withDefault, type Place, type Reader } from './yaml-reader.js';
import { integer, oneOf, parsed, secret, text } from './yaml-values.js';

/** Who may do what, by what the provider says of a person: all rules that fit count, of each organization the highest role. */
export interface LoginRole {
  /** Name of a claim, or the way into one: `realm_access.roles`. */
  readonly claim: string;
  /** The value of the claim, or one of its values. */
  readonly value: string;
  readonly role: ApiRole;
  readonly orgs: 'all' | readonly string[];
}

/** How people log in: by OpenID Connect, at one provider. */
export interface LoginSettings {
  /** Exactly as the provider calls itself. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Where browsers reach the API, without a path: nothing else says so, least of all the `Host` of a request. */
  readonly publicUrl: string;
  readonly scopes: readonly string[];
  readonly roles: readonly LoginRole[];
  /** How long a session lasts at most, and how long when nobody uses it. */
  readonly sessionHours: number;
  readonly idleMinutes: number;
}

/** It seals what a browser keeps during a login, so that it must not be guessed. */
const MIN_SECRET_LENGTH = 16;
const DEFAULT_SCOPES = ['openid', 'profile', 'email'];
const OPENID = 'openid';

/** Addresses of this very machine: what is sent there in the clear nobody else reads. */
export const isLoopback = ({ hostname }: URL): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);

function secureUrl(value: string): URL | null {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || url.username !== '' || url.password !== '' || /[?#\s]/.test(value)) return null;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url)) ? url : null;
}

const parseIssuer = (value: string): string | null => (secureUrl(value) === null ? null : value);
const parseOrigin = (value: string): string | null => {
  const url = secureUrl(value);
  return url?.pathname === '/' ? url.origin : null;
};
/** As RFC 6749 has them. */
const parseScope = (value: string): string | null => (/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(value) ? value : null);
const parseClientSecret = (value: string): string | null => (value.length >= MIN_SECRET_LENGTH ? value : null);

const readReach: Reader<LoginRole['orgs']> = (place) => {
  if (place.scalar()?.value === 'all') return 'all';
  const before = place.source.faults.length;
  const orgs = listOf(text)(place);
  if (place.source.faults.length > before || orgs.length === 0) place.fault('should be all, or a list of ids of organizations');
  return orgs;
};

const readRoles: Reader<readonly LoginRole[]> = (place) => {
  const before = place.source.faults.length;
  const roles = listOf(
    section<LoginRole>({
      claim: required(text),
      value: required(text),
      role: required(oneOf(API_ROLES)),
      orgs: required(readReach),
    }),
  )(place);
  if (roles.length === 0 && place.source.faults.length === before)
    place.fault('should name at least one: without any nobody may do anything');
  return roles;
};

function checkTogether(place: Place, { scopes, sessionHours, idleMinutes }: LoginSettings): void {
  if (!scopes.includes(OPENID)) place.fault(`should contain ${OPENID}: without it there is no identity`, `${place.path}.scopes`);
  if (idleMinutes > sessionHours * 60) place.fault('should not be more than sessionHours', `${place.path}.idleMinutes`);
}

/** The section `login`. */
export const readLogin: Reader<LoginSettings> = (place) => {
  const before = place.source.faults.length;
  const settings = section<LoginSettings>({
    issuer: required(
      parsed(parseIssuer, 'an https URL without ? and #, as the provider calls itself (http only on this machine)'),
    ),
    clientId: required(text),
    clientSecret: required(parsed(parseClientSecret, `a secret of at least ${String(MIN_SECRET_LENGTH)} characters`, secret)),
    publicUrl: required(
      parsed(parseOrigin, 'an https URL without a path, like https://mistwatch.example.com (http only on this machine)'),
    ),
    scopes: withDefault(listOf(parsed(parseScope, 'a scope, without spaces')), DEFAULT_SCOPES),
    roles: required(readRoles),
    sessionHours: withDefault(integer({ min: 1, max: 720 }), 12),
    idleMinutes: withDefault(integer({ min: 5, max: 43_200 }), 60),
  })(place);
  if (place.source.faults.length === before) checkTogether(place, settings);
  return settings;
};
