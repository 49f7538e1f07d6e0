import { mapOf, type Place, type Reader } from './yaml-reader.js';
import { parsed, secret } from './yaml-values.js';

const HINT = 'a URL like https://host.example.com/path, without user, password and #';

/** An http(s) URL without credentials: those have keys of their own. */
export function parseEndpoint(value: string): string | null {
  if (!/^https?:\/\/\S+$/i.test(value) || !URL.canParse(value)) return null;
  const { username, password, hash } = new URL(value);
  return username === '' && password === '' && hash === '' ? value : null;
}

/** Exactly this address: to some receivers a slash at the end is another one. */
export const endpoint = (read: Reader<string>): Reader<string> => parsed(parseEndpoint, HINT, read);

/** What paths are added to. */
export const baseEndpoint: Reader<string> = parsed((value) => parseEndpoint(value)?.replace(/\/+$/, '') ?? null, HINT);

/** Whatever is sent holds secrets or names of sites: it goes in clear text only where somebody said so. */
export function httpsOnly(place: Place, settings: { readonly allowPrivate: boolean }): void {
  if (settings.allowPrivate) return;
  for (const [key, value] of Object.entries(settings))
    if (typeof value === 'string' && /^http:\/\//i.test(value))
      place.fault('should be https; http is for private networks, with allowPrivate: true', `${place.path}.${key}`);
}

const MIN_KEY_BYTES = 24;
const MAX_KEY_BYTES = 64;

function parseSigningSecret(value: string): string | null {
  const text = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(value)?.[1];
  if (text === undefined) return null;
  const { length } = Buffer.from(text, 'base64');
  return length >= MIN_KEY_BYTES && length <= MAX_KEY_BYTES ? value : null;
}

export const signingSecret: Reader<string> = parsed(
  parseSigningSecret,
  'whsec_ and the base64 of 24 to 64 random bytes; make one with: echo whsec_$(openssl rand -base64 32)',
  secret,
);

/** What the signature and the transport are made of is not for anybody to set. */
const OWN_HEADERS =
  /^(webhook-.*|content-(type|length|encoding)|host|connection|transfer-encoding|te|upgrade|expect|keep-alive)$/i;

/** Headers of every request; the values are taken for secrets. */
export const headerFields: Reader<Readonly<Record<string, string>>> = (place) => {
  const headers = mapOf(secret)(place);
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name))
      place.fault('is no name of a header', `${place.path}.${JSON.stringify(name)}`);
    else if (OWN_HEADERS.test(name)) place.fault('is set by mistwatch itself', `${place.path}.${name}`);
    else if (!/^[\t -~]*$/.test(value)) place.fault('should be plain ASCII on one line', `${place.path}.${name}`);
  }
  return headers;
};
