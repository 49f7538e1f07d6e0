import { parseTrustProxy, type TrustedProxies } from './trust-proxy.js';

describe('trusted proxies', () => {
  it.each<[string, TrustedProxies]>([
    ['0', false],
    ['2', 2],
    ['loopback', ['loopback']],
    ['192.0.2.1, 198.51.100.0/24 ,2001:db8::/32', ['192.0.2.1', '198.51.100.0/24', '2001:db8::/32']],
  ])('are told as %s', (text, proxies) => {
    expect(parseTrustProxy(text)).toEqual(proxies);
  });

  it.each(['true', 'yes', '-1', '99', '192.0.2', '192.0.2.1/33', '0.0.0.0/0', '2001:db8::/129', '192.0.2.1/8/8', 'loopback,'])(
    'are not %s',
    (text) => {
      expect(parseTrustProxy(text)).toBeNull();
    },
  );
});
