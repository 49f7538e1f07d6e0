import { ownAddress } from './return-to.js';

const OURS = 'https://mistwatch.example.com';

it.each([
  ['/', `${OURS}/`],
  ['/sites?status=CRITICAL&q=a%20b#map', `${OURS}/sites?status=CRITICAL&q=a%20b#map`],
  ['/a/../b', `${OURS}/b`],
  ['/?next=https://evil.example.com', `${OURS}/?next=https://evil.example.com`],
  ['/@evil.example.com', `${OURS}/@evil.example.com`],
])('returns to %s', (path, address) => {
  expect(ownAddress(path, OURS)).toBe(address);
});

it.each([
  '',
  'sites',
  '//evil.example.com',
  '///evil.example.com',
  '/\\evil.example.com',
  '\\\\evil.example.com',
  '/\t/evil.example.com',
  '/\n/evil.example.com',
  '/.//evil.example.com',
  '/a/..//evil.example.com',
  '/%2e//evil.example.com',
  'https://evil.example.com',
  'https:/evil.example.com',
  'https://mistwatch.example.com@evil.example.com',
  'javascript:alert(1)',
  ' /',
  '.evil.example.com',
  '@evil.example.com',
  `/${'x'.repeat(1_000)}`,
])('does not go to %j', (path) => {
  expect(ownAddress(path, OURS)).toBeNull();
});
