import { createHmac, timingSafeEqual } from 'node:crypto';
import type { EpochMs } from '@app/domain';

/** A key that signs links; its id says which one signed, so that keys can be changed while links are out. */
export interface AckLinkKey {
  readonly id: string;
  readonly secret: string;
}

/** What a link lets its holder do: take one incident, as one destination, until a time. */
export interface AckLinkClaim {
  /** Our small key of the org. */
  readonly orgId: number;
  readonly incidentId: number;
  /** Step of the notice that carried the link: each notice has a link of its own. */
  readonly step: number;
  /** `<channel>:<address>`. */
  readonly destination: string;
  readonly expiresAt: EpochMs;
}

export type AckLinkVerdict =
  { readonly is: 'valid' | 'expired'; readonly claim: AckLinkClaim } | { readonly is: 'forged'; readonly claim: null };

const VERSION = '1';
/** Longer than any link we make: nothing longer is worth a signature check. */
export const ACK_TOKEN_MAX_LENGTH = 900;
const FORGED: AckLinkVerdict = { is: 'forged', claim: null };

/** The part of a link that says what it lets its holder do, signed. Times are kept to the second. */
export function signAckLink(claim: AckLinkClaim, key: AckLinkKey): string {
  const { orgId, incidentId, step, destination, expiresAt } = claim;
  const payload = JSON.stringify([orgId, incidentId, step, destination, Math.floor(expiresAt / 1000)]);
  const signed = `${VERSION}.${key.id}.${Buffer.from(payload).toString('base64url')}`;
  return `${signed}.${signatureOf(signed, key).toString('base64url')}`;
}

/** Whether a link is ours and still holds. Anything that is not signed by one of the keys is forged, whatever it looks like. */
export function verifyAckLink(token: string, keys: readonly AckLinkKey[], now: EpochMs): AckLinkVerdict {
  const [version, keyId, payload, signature, ...more] = token.length > ACK_TOKEN_MAX_LENGTH ? [] : token.split('.');
  const key = keys.find(({ id }) => id === keyId);
  if (version !== VERSION || key === undefined || payload === undefined || signature === undefined || more.length > 0)
    return FORGED;
  const expected = signatureOf(`${version}.${key.id}.${payload}`, key);
  const given = Buffer.from(signature, 'base64url');
  // Encodings have more than one text for the same bytes: only ours counts, so that a link has one form.
  const isOurs = given.length === expected.length && timingSafeEqual(given, expected);
  if (!isOurs || signature !== expected.toString('base64url')) return FORGED;
  const claim = claimOf(payload);
  if (claim === null) return FORGED;
  return { is: now < claim.expiresAt ? 'valid' : 'expired', claim };
}

/** The address of the page that asks before it acknowledges; `null` when links cannot be made. */
export function ackLinkUrl(
  { publicUrl, ackLinkKeys: [key] }: { readonly publicUrl: string | null; readonly ackLinkKeys: readonly AckLinkKey[] },
  claim: AckLinkClaim,
): string | null {
  return publicUrl === null || key === undefined ? null : `${publicUrl}/ack/${signAckLink(claim, key)}`;
}

// The purpose is part of what is signed: a signature made for something else is none here.
const signatureOf = (signed: string, { secret }: AckLinkKey): Buffer =>
  createHmac('sha256', secret).update(`mistwatch acknowledge ${signed}`).digest();

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

function claimOf(payload: string): AckLinkClaim | null {
  const parts: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  if (!Array.isArray(parts)) return null;
  const [orgId, incidentId, step, destination, expiresS] = parts as unknown[];
  if (!isCount(orgId) || !isCount(incidentId) || !isCount(step) || !isCount(expiresS) || typeof destination !== 'string')
    return null;
  return { orgId, incidentId, step, destination, expiresAt: expiresS * 1000 };
}

const KEY = /^([a-z0-9]{1,16}):([A-Za-z0-9._~+/=-]{32,200})$/;
export const ACK_LINK_KEYS_FORM =
  'an id, a colon and a secret of 32 to 200 characters, as in k1:<secret>; several with commas between';

/** Keys as the environment names them, the one that signs first; `null` = not in that form, or two with one id. */
export function parseAckLinkKeys(text: string): AckLinkKey[] | null {
  const keys = text.split(',').map((part) => KEY.exec(part.trim()));
  const parsed = keys.flatMap((match) =>
    match?.[1] === undefined || match[2] === undefined ? [] : [{ id: match[1], secret: match[2] }],
  );
  const isWhole = parsed.length === keys.length && new Set(parsed.map(({ id }) => id)).size === parsed.length;
  return isWhole ? parsed : null;
}
