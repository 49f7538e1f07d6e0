import { createHmac } from 'node:crypto';

/** The headers that sign a delivery: lower-case hex over the raw bytes of the body. */
export const signatureHeaders = (secret: string | null, body: string): Record<string, string> =>
  secret === null || secret === ''
    ? {}
    : {
        'X-Mist-Signature-v2': createHmac('sha256', secret).update(body).digest('hex'),
        'X-Mist-Signature': createHmac('sha1', secret).update(body).digest('hex'),
      };
