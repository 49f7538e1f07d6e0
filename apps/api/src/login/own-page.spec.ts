import { isFromOwnPage } from './own-page.js';

const OURS = 'https://mistwatch.example.com';
const HEADER = { 'x-requested-with': 'mistwatch' };

it.each([
  [{ ...HEADER, origin: OURS, 'sec-fetch-site': 'same-origin' }],
  [{ ...HEADER, origin: OURS }],
  [{ ...HEADER, 'sec-fetch-site': 'same-origin' }],
])('takes %j for a page of ours', (headers) => {
  expect(isFromOwnPage(headers, OURS)).toBe(true);
});

it.each([
  [{}],
  [HEADER],
  [{ origin: OURS, 'sec-fetch-site': 'same-origin' }],
  [{ 'x-requested-with': 'XMLHttpRequest', origin: OURS }],
  [{ ...HEADER, origin: 'https://evil.example.com' }],
  [{ ...HEADER, origin: 'https://mistwatch.example.com.evil.example.com' }],
  [{ ...HEADER, origin: 'http://mistwatch.example.com' }],
  [{ ...HEADER, origin: 'null' }],
  [{ ...HEADER, origin: OURS, 'sec-fetch-site': 'cross-site' }],
  [{ ...HEADER, 'sec-fetch-site': 'same-site' }],
  [{ ...HEADER, 'sec-fetch-site': 'none' }],
  [{ ...HEADER, origin: 'https://evil.example.com', 'sec-fetch-site': 'same-origin' }],
])('does not take %j for one', (headers) => {
  expect(isFromOwnPage(headers, OURS)).toBe(false);
});
