import { createHmac } from 'node:crypto';

export interface SignedMessage {
  readonly id: string;
  readonly atSeconds: number;
  readonly body: string;
}

const PREFIX = 'whsec_';

/** Value of `webhook-signature` after the Standard Webhooks specification: one signature a key, so that receivers can change over. */
export const signatureOf = ({ id, atSeconds, body }: SignedMessage, secrets: readonly string[]): string =>
  secrets
    .map((secret) => createHmac('sha256', Buffer.from(secret.slice(PREFIX.length), 'base64')))
    .map((hmac) => `v1,${hmac.update(`${id}.${atSeconds}.${body}`).digest('base64')}`)
    .join(' ');
