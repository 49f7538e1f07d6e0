import { isIPv6 } from 'node:net';

const NETWORK_GROUPS = 4;

/** What limits by address count as one caller: an IPv4 address, or an IPv6 network of 64 bits, all of which one line has for itself. */
export function networkOf(address: string): string {
  const [plain = ''] = address.split('%');
  if (!isIPv6(plain)) return address;
  const groups = groupsOf(plain);
  const isIPv4 = groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff';
  return isIPv4 ? groups.join(':') : `${groups.slice(0, NETWORK_GROUPS).join(':')}::/64`;
}

/** All eight, as numbers without zeros in front. */
function groupsOf(address: string): string[] {
  const written = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = [], tail = []] = written.split('::').map((part) => (part === '' ? [] : part.split(':')));
  return [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => '0'), ...tail];
}
