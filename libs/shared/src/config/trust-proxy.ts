import { isIP } from 'node:net';

/** Whose word is taken for who calls: nobody's, that of so many proxies in a row, or that of these addresses and networks. */
export type TrustedProxies = false | number | readonly string[];

export const TRUST_PROXY_FORM =
  'a number of proxies (1 to 9), or addresses, networks and the names loopback, linklocal, uniquelocal with commas between them';

const NAMES = ['loopback', 'linklocal', 'uniquelocal'];
const BITS = { 4: 32, 6: 128 } as const;

function isNetwork(text: string): boolean {
  if (NAMES.includes(text)) return true;
  const [address = '', bits, ...more] = text.split('/');
  const version = isIP(address);
  if ((version !== 4 && version !== 6) || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= BITS[version]);
}

/** `null`: it cannot be understood. "true" is not: whoever calls could then call himself anything. */
export function parseTrustProxy(text: string): TrustedProxies | null {
  if (/^[0-9]$/.test(text)) return text === '0' ? false : Number(text);
  const parts = text.split(',').map((part) => part.trim());
  return parts.every(isNetwork) ? Object.freeze(parts) : null;
}
