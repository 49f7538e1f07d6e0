import { isTooDeep } from './depth.js';

const nested = (depth: number): unknown => JSON.parse('{"a":['.repeat(depth / 2) + ']}'.repeat(depth / 2));

it.each([
  [null, false],
  ['text', false],
  [Buffer.alloc(10), false],
  [{ rows: [{ a: 1 }, { b: null }] }, false],
  [nested(32), false],
  [nested(34), true],
  [nested(1_000_000), true],
])('tells what is too deep', (body, expected) => {
  expect(isTooDeep(body)).toBe(expected);
});
