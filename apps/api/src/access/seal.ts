import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What something is sealed for; sealed for one, it is nothing for another. */
export type SealedFor = 'idempotent answer' | 'login' | 'id token';

/** Whose secret it is sends it each time; we keep a hash of it at most, so that nobody else can make this again. */
const keyOf = (secret: string, purpose: SealedFor): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), `mistwatch ${purpose}`, KEY_BYTES));

/** Encrypts a text so that only who holds the secret reads it. */
export function seal(text: string, secret: string, purpose: SealedFor): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, keyOf(secret, purpose), nonce);
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

/** What was sealed with the same secret for the same purpose; throws for another or for altered bytes. */
export function unseal(sealed: Buffer, secret: string, purpose: SealedFor): string {
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  const decipher = createDecipheriv(CIPHER, keyOf(secret, purpose), nonce, { authTagLength: TAG_BYTES }).setAuthTag(tag);
  return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
}
