import { createHmac, timingSafeEqual } from 'node:crypto';

/** The header that signs a delivery: lower-case hex of HMAC-SHA256 over the raw bytes of the body. */
export const SIGNATURE_HEADER = 'x-mist-signature-v2';

const DIGEST_BYTES = 32;

/** Whether one of the secrets signed these bytes; takes as long whichever it is, and however much of the signature is right. */
export function isSignedBy(body: Uint8Array, signature: string, secrets: readonly string[]): boolean {
  const isHex = /^[0-9a-fA-F]{64}$/.test(signature);
  const sent = isHex ? Buffer.from(signature, 'hex') : Buffer.alloc(DIGEST_BYTES);
  const matches = secrets.map((secret) => timingSafeEqual(createHmac('sha256', secret).update(body).digest(), sent));
  return isHex && matches.includes(true);
}
