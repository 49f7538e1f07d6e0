import { createHash } from 'node:crypto';

/** A credential and the key it is accounted under; the key may be stored and logged, the secret never. */
export interface Token {
  readonly key: string;
  readonly secret: string;
}

const KEY_LENGTH = 16;

export function tokenOf(baseUrl: string, secret: string): Token {
  const key = createHash('sha256')
    .update(`${new URL(baseUrl).host} ${secret}`)
    .digest('hex')
    .slice(0, KEY_LENGTH);
  return { key, secret };
}
